/** The list of signed headers: signed as it stands, and looked up by name. */
export interface SignedHeaders {
  /** As sent: `host;x-amz-date`. */
  readonly text: string;
  readonly names: readonly string[];
}

/** Takes the list apart; a list that is not in lower case or not in order is left so, and fails later. */
export function parseSignedHeaders(text: string): SignedHeaders {
  return { text, names: text.split(';') };
}
