/** Policy documents come back percent-encoded after RFC 3986; SDKs decode them (aws.md 4.1). */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
