import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { createPolicy, presignRequest, signRequest, type SigningOptions, TEMPORARY_KEY } from './support/requests.ts';

const OPTIONS: SigningOptions = {
  key: TEMPORARY_KEY,
  path: '/2015-03-31/functions/arn%3Aaws%3Alambda/invocations',
  query: { Qualifier: '$LATEST', list: ['b', 'a'] },
  headers: { accept: '*/*', 'content-type': 'application/json', 'x-trace': 'one two, three' },
};

/** One place whose every byte the signature covers. */
interface SignedPart {
  readonly name: string;
  readonly read: (request: ReceivedRequest) => string;
  readonly write: (request: ReceivedRequest, text: string) => ReceivedRequest;
}

const PARTS: readonly SignedPart[] = [
  { name: 'method', read: ({ method }) => method, write: (request, method) => ({ ...request, method }) },
  { name: 'target', read: ({ target }) => target, write: (request, target) => ({ ...request, target }) },
  {
    name: 'body',
    read: ({ body }) => Buffer.from(body).toString('latin1'),
    write: (request, text) => ({ ...request, body: Buffer.from(text, 'latin1') }),
  },
  ...['host', 'accept', 'content-type', 'x-trace', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'].map(
    createHeaderPart,
  ),
  createHeaderPart('authorization'),
];

let signed: ReceivedRequest;
let presigned: ReceivedRequest;

beforeAll(async () => {
  signed = await signRequest({
    ...OPTIONS,
    headers: { ...OPTIONS.headers, 'x-amz-content-sha256': await hashOfBody() },
  });
  presigned = await presignRequest(OPTIONS);
});

test('accepts both requests unchanged', () => {
  expect(verifyRequest(signed, createPolicy())).toMatchObject({ accepted: true });
  expect(verifyRequest(presigned, createPolicy())).toMatchObject({ accepted: true });
});

test.each(PARTS)('refuses every changed byte of the $name', (part) => {
  fc.assert(createProperty(signed, part), { numRuns: 12 });
});

test.each(PARTS.filter(({ name }) => name === 'target' || name === 'host'))(
  'refuses every changed byte of the $name of a presigned request',
  (part) => {
    fc.assert(createProperty(presigned, part), { numRuns: 12 });
  },
);

/** Every position is tried in every run, each with a random byte. */
function createProperty(request: ReceivedRequest, part: SignedPart): fc.IProperty<[Uint8Array]> {
  const text = part.read(request);
  const policy = createPolicy();
  return fc.property(fc.uint8Array({ minLength: text.length, maxLength: text.length }), (bytes) => {
    for (const [at, byte] of bytes.entries()) {
      const change = { part: part.name, text, at, before: text.charAt(at), after: String.fromCharCode(byte) };
      if (change.after === change.before || isSameInCanonicalForm(change)) continue;
      const changed = part.write(request, text.slice(0, at) + change.after + text.slice(at + 1));
      if (verifyRequest(changed, policy).accepted) throw new Error(`Accepted ${JSON.stringify(change)}`);
    }
  });
}

interface Change {
  readonly part: string;
  readonly text: string;
  readonly at: number;
  readonly before: string;
  readonly after: string;
}

/**
 * Changes that the canonical request does not show, and so must not: one blank for another, the case of a digit in an
 * escape of the query, a blank that separates like a comma in Authorization.
 */
function isSameInCanonicalForm({ part, text, at, before, after }: Change): boolean {
  if (part === 'authorization') return /[\s,]/.test(before) && /[\s,]/.test(after);
  if (part !== 'target') return /[ \t\r\n]/.test(before) && /[ \t\r\n]/.test(after);
  const isInQuery = at > text.indexOf('?');
  const isEscapeDigit = /%.?$/.test(text.slice(Math.max(0, at - 2), at));
  return isInQuery && isEscapeDigit && before.toLowerCase() === after.toLowerCase();
}

function createHeaderPart(name: string): SignedPart {
  const indexOf = ({ headers }: ReceivedRequest) =>
    headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name) + 1;
  return {
    name,
    read: (request) => request.headers[indexOf(request)] ?? '',
    write: (request, value) => ({ ...request, headers: request.headers.with(indexOf(request), value) }),
  };
}

async function hashOfBody(): Promise<string> {
  const verdict = verifyRequest(await signRequest(OPTIONS), createPolicy());
  return (verdict.canonicalRequest ?? '').slice(-64);
}
