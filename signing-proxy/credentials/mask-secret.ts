/** What a log shows of a secret: whether there is one. */
export function maskSecret(value: string): string {
  return value === '' ? '' : '*****';
}

const SECRET_FIELDS = /(SecretAccessKey|SessionToken|Token|WebIdentityToken)("\s*:\s*"|>)[^"<]*/gi;
const MAX_SHOWN = 2_000;

/** An answer that was not understood, fit for a log: Envoy prints it whole, here secrets are hidden and the length is bounded. */
export function maskSecretsOf(body: string): string {
  return body.slice(0, MAX_SHOWN).replace(SECRET_FIELDS, '$1$2*****');
}
