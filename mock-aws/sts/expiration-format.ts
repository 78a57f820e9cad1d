const EXPIRATION = /("Expiration":)(\d+)/;

/**
 * Writes the time of expiry the way some answers of STS have it, `1.7671968E9`: the notation Envoy misread for a while
 * (envoyproxy/envoy#34426).
 */
export function writeExponents(json: string): string {
  return json.replace(EXPIRATION, (_, name: string, seconds: string) => {
    const digits = seconds.replace(/0+$/, '');
    return `${name}${digits.slice(0, 1)}.${digits.slice(1) || '0'}E${seconds.length - 1}`;
  });
}
