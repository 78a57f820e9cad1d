import type { Random } from '#core/random.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { setHeader, signRequest, type SignOptions } from './sign-request.ts';

/** Something that makes a good signature not match, with the words an explanation may use for it. */
export interface Mutation {
  readonly name: string;
  readonly causes: readonly string[];
  /** What it touches: two mutations of one piece can't be told apart. */
  readonly piece: string;
  /** Whether the signer is at fault, or a hop after it. */
  readonly at: 'signer' | 'hop' | 'edge';
  /** What the signer does differently from a good one. */
  readonly signing?: SignOptions;
  /** Before signing: a good signer signs the result. */
  readonly before?: (request: ReceivedRequest) => ReceivedRequest;
  /** After signing. */
  readonly after?: (request: ReceivedRequest) => ReceivedRequest;
}

const withTarget = (request: ReceivedRequest, target: string) => ({ ...request, target });

/** Every single mutation of the corpus; some draw their values. */
export function createMutations(random: Random): Mutation[] {
  const word = () => random.hex(6);
  const port = random.pick(['9080', '8080', '80', '15001', '31400']);
  const header = random.pick(['X-Forwarded-Client-Cert', 'X-Request-Id', 'User-Agent']);
  return [
    {
      name: 'a port is signed',
      causes: ['host-port'],
      piece: 'host',
      at: 'edge',
      before: (request) => setHeader(request, 'Host', `r1.example.com:${port}`),
    },
    {
      name: `a hop appends to ${header}`,
      causes: ['header-changed'],
      piece: header,
      at: 'hop',
      after: (request) => setHeader(request, header, `${findValue(request, header)},By=spiffe://${word()}`),
    },
    {
      name: 'a hop adds a line',
      causes: ['header-added', 'header-changed'],
      piece: 'X-Forwarded-Client-Cert',
      at: 'hop',
      after: (request) => ({ ...request, headers: [...request.headers, 'X-Forwarded-Client-Cert', `By=${word()}`] }),
    },
    {
      name: 'a hop removes a header',
      causes: ['header-removed'],
      piece: 'Accept',
      at: 'hop',
      after: (request) => setHeader(request, 'Accept', undefined),
    },
    {
      name: 'a hop adds a slash',
      causes: ['path-changed'],
      piece: 'path',
      at: 'hop',
      after: (request) => withTarget(request, request.target.replace('?', '/?')),
    },
    {
      name: 'a hop adds a parameter',
      causes: ['query-changed'],
      piece: 'query',
      at: 'hop',
      after: (request) => withTarget(request, `${request.target}&utm-source=${word()}`),
    },
    {
      name: 'a hop changes the method',
      causes: ['method-changed'],
      piece: 'method',
      at: 'hop',
      after: (request) => ({ ...request, method: 'GET' }),
    },
    {
      name: 'the payload is not hashed',
      causes: ['payload-hash'],
      piece: 'payload',
      at: 'signer',
      signing: { payloadHash: 'UNSIGNED-PAYLOAD' },
    },
    {
      name: 'the date ticks after signing',
      causes: ['wrong-date'],
      piece: 'date',
      at: 'hop',
      after: (request) => setHeader(request, 'X-Amz-Date', '20150830T123601Z'),
    },
  ];
}

/** What is signed, and what arrives after every mutation. */
export function mutate(request: ReceivedRequest, mutations: readonly Mutation[]) {
  const prepared = mutations.reduce((made, { before }) => before?.(made) ?? made, request);
  const options = mutations.reduce<SignOptions>((made, { signing }) => ({ ...made, ...signing }), {});
  const signed = signRequest(prepared, options);
  const arrived = mutations.reduce((made, { after }) => after?.(made) ?? made, signed);
  return { signed, arrived };
}

function findValue({ headers }: ReceivedRequest, name: string): string {
  return headers[headers.indexOf(name) + 1] ?? '';
}
