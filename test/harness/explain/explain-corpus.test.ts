import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { explainRequest } from '#harness/explain/explain-request.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { explainBreakage, explainCase } from './corpus.ts';
import { NOW, SECRET, setHeader, signRequest } from './sign-request.ts';

const explain = (request: ReceivedRequest) =>
  explainRequest(request, { now: NOW, keys: { secretAccessKey: SECRET }, limits: { everyPort: false, pairs: 1_000 } })
    .explanation;

const segment = fc.stringMatching(/^[a-zA-Z0-9_~.-]{1,8}$/).filter((text) => !/^\.+$/.test(text));
const value = fc
  .stringMatching(/^[a-zA-Z0-9/=; -]{1,20}$/)
  .filter((text) => text.trim() === text && !text.includes('  '));
const extraHeaders = fc.uniqueArray(fc.tuple(fc.stringMatching(/^X-[A-Z][a-z]{2,8}$/), value), {
  maxLength: 4,
  selector: ([name]) => name,
});
const query = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,4}$/), segment), {
  minLength: 2,
  maxLength: 4,
  selector: ([name]) => name,
});

const unsignedRequest = fc
  .record({
    method: fc.constantFrom('POST', 'PUT'),
    path: fc.array(segment, { minLength: 1, maxLength: 5 }),
    query,
    headers: extraHeaders,
    body: fc.json({ maxDepth: 2 }),
  })
  .map(({ method, path, query: parameters, headers, body }): ReceivedRequest => ({
    method,
    target: `/${path.join('/')}?${parameters.map(([name, text]) => `${name}=${text}`).join('&')}`,
    httpVersion: '1.1',
    headers: [
      'Host',
      'r1.example.com',
      'Accept',
      '*/*',
      'X-Forwarded-Client-Cert',
      'By=spiffe://a;Hash=01',
      ...headers.flat(),
    ],
    body: Buffer.from(body),
  }));

/** Signs a request, breaks it in one way, and says which causes name that way rightly. */
interface Mutation {
  readonly causes: readonly string[];
  readonly apply: (request: ReceivedRequest) => ReceivedRequest;
}

const sign = signRequest;

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a port is signed': {
    causes: ['host-port'],
    apply: (request) => sign(setHeader(request, 'Host', 'r1.example.com:9080')),
  },
  'a hop appends to a header': {
    causes: ['header-changed'],
    apply: (request) =>
      setHeader(sign(request), 'X-Forwarded-Client-Cert', 'By=spiffe://a;Hash=01,By=spiffe://b;Hash=02'),
  },
  'a hop adds a line': {
    causes: ['header-added'],
    apply: (request) => {
      const signed = sign(request);
      return { ...signed, headers: [...signed.headers, 'X-Forwarded-Client-Cert', 'By=spiffe://b'] };
    },
  },
  'a hop removes a header': {
    causes: ['header-removed'],
    apply: (request) => setHeader(sign(request), 'Accept', undefined),
  },
  'a hop adds a slash': {
    causes: ['path-changed'],
    apply: (request) => {
      const signed = sign(request);
      return { ...signed, target: signed.target.replace('?', '/?') };
    },
  },
  'the path is signed raw': {
    causes: ['path-encoding'],
    apply: (request) => sign({ ...request, target: `/a%3Ab${request.target}` }, { pathRule: 'raw' }),
  },
  'a hop adds a parameter': {
    causes: ['query-changed'],
    apply: (request) => {
      const signed = sign(request);
      return { ...signed, target: `${signed.target}&utm-source=x` };
    },
  },
  'a hop changes the method': { causes: ['method-changed'], apply: (request) => ({ ...sign(request), method: 'GET' }) },
  'the payload is not hashed': {
    causes: ['payload-hash'],
    apply: (request) => sign(request, { payloadHash: 'UNSIGNED-PAYLOAD' }),
  },
  'the body gets a line feed': {
    causes: ['payload-hash'],
    apply: (request) => {
      const signed = sign(request);
      return { ...signed, body: Buffer.concat([signed.body, Buffer.from('\n')]) };
    },
  },
  'the date ticks after signing': {
    causes: ['wrong-date'],
    apply: (request) => setHeader(sign(request), 'X-Amz-Date', '20150830T123601Z'),
  },
  'the secret has a line feed': {
    causes: ['secret-whitespace'],
    apply: (request) => sign(request, { secret: `${SECRET}\n` }),
  },
  'the credential names another region': {
    causes: ['wrong-region'],
    apply: (request) => mapAuthorization(sign(request), (text) => text.replace('us-east-1', 'eu-central-1')),
  },
  'the credential names another service': {
    causes: ['wrong-service'],
    apply: (request) =>
      mapAuthorization(sign(request, { service: 'execute-api' }), (text) => text.replace('execute-api', 'lambda')),
  },
};

test('names every single mutation of random requests, with proof', () => {
  fc.assert(
    fc.property(unsignedRequest, fc.constantFrom(...Object.keys(MUTATIONS)), (request, name) => {
      const mutation = MUTATIONS[name];
      const explanation = explain(mutation?.apply(request) ?? request);
      expect({ name, grade: explanation?.grade }).toEqual({ name, grade: 'proved' });
      expect(mutation?.causes).toContain(explanation?.cause);
      expect(JSON.stringify(explanation)).not.toContain(SECRET);
    }),
    { numRuns: 200 },
  );
});

/** Breakages that nothing in the search stands for. */
const BREAKAGES: Readonly<Record<string, (request: ReceivedRequest, noise: string) => ReceivedRequest>> = {
  signature: (request, noise) => mapAuthorization(sign(request), (text) => text.replace(/.{8}$/, noise.slice(0, 8))),
  secret: (request, noise) => sign(request, { secret: noise }),
  header: (request, noise) => setHeader(sign(setHeader(request, 'X-Noise', noise)), 'X-Noise', 'calm'),
  path: (request, noise) => ({ ...sign(request), target: `/${noise}` }),
  body: (request, noise) => ({ ...sign(request), body: Buffer.from(noise) }),
  host: (request, noise) => setHeader(sign(request), 'Host', `${noise}.example.com`),
};

test('never calls an unrelated breakage proved', () => {
  fc.assert(
    fc.property(
      unsignedRequest,
      fc.constantFrom(...Object.keys(BREAKAGES)),
      fc.stringMatching(/^[0-9a-f]{40}$/),
      (request, name, noise) => {
        const explanation = explain(BREAKAGES[name]?.(request, noise) ?? request);
        expect({ name, cause: explanation?.cause, grade: explanation?.grade }).toEqual({
          name,
          cause: 'unexplained',
          grade: 'unexplained',
        });
      },
    ),
    { numRuns: 20 },
  );
});

function mapAuthorization(request: ReceivedRequest, map: (text: string) => string): ReceivedRequest {
  const text = request.headers[request.headers.indexOf('Authorization') + 1] ?? '';
  return setHeader(request, 'Authorization', map(text));
}

test.each([
  { size: 1 as const, name: 'single changes', wanted: 0.95 },
  { size: 2 as const, name: 'pairs of changes', wanted: 0.85 },
])('names change and hop of $wanted of the $name on a path of hops', ({ size, wanted }) => {
  const random = createRandom(`corpus ${size}`);
  const cases = Array.from({ length: 50 }, () => explainCase(random, size));
  expect(cases.filter(({ isRight }) => isRight).length / cases.length).toBeGreaterThanOrEqual(wanted);
});

test('calls nothing proved that no hop shows', () => {
  const random = createRandom('breakages');
  for (let run = 0; run < 15; run++) expect(explainBreakage(random)?.grade).toBe('unexplained');
});
