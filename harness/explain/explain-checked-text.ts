import type { RequestHead } from '#core/http-message.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { createExplanation } from './create-explanation.ts';
import { explainMismatch } from './explain-mismatch.ts';
import type { Explanation } from './explanation.ts';
import type { GivenKeys } from './judge-request.ts';
import type { CheckedText } from './pasted/types.ts';
import { readAuthorization } from './read-authorization.ts';
import { formatCanonicalRequest, parseSigningParts, type SigningParts } from './signing-parts.ts';

export interface CheckedTextOptions {
  /** The request that was answered so, where it is known. */
  readonly request?: ReceivedRequest;
  readonly keys: GivenKeys;
}

/**
 * Explains a mismatch by the texts that AWS says it rebuilt. With the signature that was sent (S3 repeats it, and a request has it) and
 * the secret, the change that makes it match is searched for. Undefined when the texts are none.
 */
export function explainCheckedText(
  { canonicalRequest, stringToSign, signature }: CheckedText,
  { request, keys }: CheckedTextOptions,
): Explanation | undefined {
  const parts = parseSigningParts(canonicalRequest, stringToSign);
  const authorization = request && readAuthorization(request);
  const sent = signature ?? authorization?.signature;
  if (parts === undefined) return undefined;
  const secretAccessKey = sent === undefined ? undefined : keys.secretAccessKey;
  const head = createHead(parts);
  const finding = explainMismatch({
    subject: {
      parts,
      form: authorization?.form ?? (parts.query.includes('X-Amz-Signature') ? 'query' : 'header'),
      received: request ?? head,
      checked: head,
      edgeChanges: [],
      observed: request === undefined ? [] : [request],
    },
    signature: sent ?? '',
    ...(secretAccessKey === undefined ? {} : { secretAccessKey }),
  });
  const explanation = createExplanation(finding, {
    checked: parts,
    checkedBy: 'AWS',
    hasSecret: secretAccessKey !== undefined,
    path: [],
    findChanger: () => undefined,
    facts: {},
  });
  if (finding.cause !== 'unexplained' || secretAccessKey !== undefined) return explanation;
  return { ...explanation, sentence: SHOWN, fix: sent === undefined ? COMPARE : COMPUTE };
}

const SHOWN = 'AWS shows the text it checked, below: a line of it is not what was signed, or the secret is another.';
const COMPARE =
  "compare it line by line with the signer's canonical request (the debug log of Envoy has it), Host and payload hash first";
const COMPUTE =
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY and explain it again: the signature is known, so the change can be searched for';

/** A request as AWS rebuilt it; what was not signed is not known. */
function createHead(parts: SigningParts): RequestHead {
  const { method, path, query, headers } = parts;
  return {
    method,
    target: query === '' ? path : `${path}?${query}`,
    httpVersion: '1.1',
    headers: headers.flatMap(({ name, value }) => [name, value]),
  };
}

/** The canonical request of the texts; undefined when they are none. */
export function readCheckedRequest({ canonicalRequest, stringToSign }: CheckedText): string | undefined {
  const parts = parseSigningParts(canonicalRequest, stringToSign);
  return parts && formatCanonicalRequest(parts);
}
