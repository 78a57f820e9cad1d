import type { CheckedText } from './types.ts';

const CANONICAL =
  /The Canonical String for this request should have been\s*'([^]*?)'\s*The String-to-Sign should have been\s*'([^]*?)'/;

/** The two texts that services of the query protocol and API Gateway quote in the message of a mismatch (aws.md 1.3). */
export function readCheckedText(message: string): CheckedText | undefined {
  const [, canonicalRequest, stringToSign] = CANONICAL.exec(message.replaceAll('\r\n', '\n')) ?? [];
  return canonicalRequest === undefined || stringToSign === undefined ? undefined : { canonicalRequest, stringToSign };
}
