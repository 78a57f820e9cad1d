import { networkInterfaces } from 'node:os';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { KEY } from './signing-suite.ts';

/** What a proxy made of a request, with marks for what varies from run to run. */
export interface SigningOutcome {
  readonly status: string;
  /** The request line, then the headers sorted by name. */
  readonly head: readonly string[];
  readonly body: unknown;
  /** What AWS says to the signature. */
  readonly verdict: string;
  /** What the proxy itself says it has signed. */
  readonly canonicalRequests: readonly string[];
}

/** Describes a request as it arrived upstream; undefined when the proxy answered itself. */
export function describeOutcome(
  status: string,
  received: ReceivedRequest | undefined,
  canonicalRequests: readonly string[],
): SigningOutcome {
  if (received === undefined) return { status, head: [], body: undefined, verdict: 'not sent', canonicalRequests: [] };
  const text = received.body.toString();
  // Envoy writes the members of an event in no order, so its hash says nothing.
  const isEvent = text.startsWith('{"raw_path"');
  const show = (line: string) => replaceVarying(isEvent ? line.replace(/\b[0-9a-f]{64}\b/g, '<hash>') : line);
  return {
    status,
    head: [show(`${received.method} ${received.target}`), ...listHeaders(received).map(show).sort()],
    body: isEvent ? JSON.parse(replaceVarying(text)) : Buffer.from(received.body).toString('latin1'),
    verdict: describeVerdict(received),
    canonicalRequests: canonicalRequests.map(show),
  };
}

/** The values of one name stay in their order. */
function listHeaders({ headers }: ReceivedRequest): string[] {
  const values = new Map<string, string[]>();
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? '').toLowerCase();
    values.set(name, [...(values.get(name) ?? []), headers[index + 1] ?? '']);
  }
  return Array.from(values, ([name, all]) => `${name}: ${all.join(' | ')}`);
}

const OWN_ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

function replaceVarying(text: string): string {
  return (OWN_ADDRESS === undefined ? text : text.replaceAll(OWN_ADDRESS, '127.0.0.1'))
    .replace(/\b20(?!200101)\d{6}T\d{6}Z/g, '<date>')
    .replace(/([/F])20\d{6}(?=\/|%2F)/g, '$1<day>')
    .replace(/(Signature=)[0-9a-f]{64,}/g, '$1<signature>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>');
}

function describeVerdict(received: ReceivedRequest): string {
  const scope = /eu-west-1(?:\/|%2F)(\w+)|\/\d{8}\/(\w+)\//.exec(JSON.stringify([received.target, received.headers]));
  const service = scope?.[1] ?? scope?.[2] ?? '';
  const verdict = verifyRequest(received, {
    service,
    region: 'eu-west-1',
    now: Date.now(),
    windowMinutes: 5,
    family: 'rest-json',
    pathRule: service === 's3' ? 'raw' : 'normalized',
    honoursExpires: true,
    takesSigV4A: true,
    findAccessKey: () => ({ ...KEY, isActive: true, principal: { arn: '', accountId: '', userId: '' } }),
    signingKeys: new SigningKeyCache(),
  });
  return verdict.accepted ? 'accepted' : verdict.failure;
}
