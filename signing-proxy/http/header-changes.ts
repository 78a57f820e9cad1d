import { forEachHeader, type RequestHead } from '#core/http-message.ts';
import type { HeaderChange } from '#core/timeline.ts';

/** The feature of the proxy that changes a header; others are changed by what a route adds and removes. */
const RULES: Readonly<Record<string, string>> = {
  ':method': 'aws-lambda',
  authorization: 'aws-signature',
  connection: 'hop-by-hop',
  'content-length': 'aws-lambda',
  'content-type': 'aws-lambda',
  expect: 'hop-by-hop',
  host: 'host-rewrite',
  'keep-alive': 'hop-by-hop',
  'proxy-connection': 'hop-by-hop',
  te: 'hop-by-hop',
  'transfer-encoding': 'hop-by-hop',
  upgrade: 'hop-by-hop',
  via: 'via',
  'x-amz-content-sha256': 'aws-signature',
  'x-amz-date': 'aws-signature',
  'x-amz-invocation-type': 'aws-lambda',
  'x-amz-security-token': 'aws-signature',
  'x-b3-parentspanid': 'tracing',
  'x-b3-sampled': 'tracing',
  'x-b3-spanid': 'tracing',
  'x-b3-traceid': 'tracing',
  'x-envoy-attempt-count': 'attempt-count',
  'x-envoy-decorator-operation': 'consumed',
  'x-envoy-expected-rq-timeout-ms': 'expected-timeout',
  'x-envoy-external-address': 'external-address',
  'x-envoy-internal': 'internal-request',
  'x-envoy-original-path': 'path-rewrite',
  'x-envoy-peer-metadata': 'consumed',
  'x-envoy-peer-metadata-id': 'consumed',
  'x-forwarded-client-cert': 'forward-client-cert',
  'x-forwarded-for': 'forwarded-for',
  'x-forwarded-host': 'host-rewrite',
  'x-forwarded-port': 'forwarded-port',
  'x-forwarded-proto': 'forwarded-proto',
  'x-request-id': 'request-id',
};

const LAMBDA_PATH = /^\/\d{4}-\d\d-\d\d\/functions\//;

/** What a hop changed between the request it received and the one it sent: each header once, sorted by name. */
export function listHeaderChanges(received: RequestHead, sent: RequestHead): HeaderChange[] {
  const before = collect(received);
  const after = collect(sent);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((header) => before.get(header) !== after.get(header))
    .sort()
    .map((header) => createChange(header, before.get(header), after.get(header)));
}

function createChange(header: string, from: string | undefined, to: string | undefined): HeaderChange {
  return { rule: nameRule(header, from, to), header, from, to };
}

function nameRule(header: string, from: string | undefined, to: string | undefined): string {
  if (header === 'host' && from !== undefined && to !== undefined && from.startsWith(`${to}:`))
    return 'strip-host-port';
  if (header === ':path') return LAMBDA_PATH.test(to ?? '') ? 'aws-lambda' : 'path-rewrite';
  return RULES[header] ?? 'route-headers';
}

/** Every header by lower-case name, repeated ones joined; `:method` and `:path` among them, `host` for `:authority`. */
function collect(head: RequestHead): Map<string, string> {
  const values = new Map([
    [':method', head.method],
    [':path', head.target],
  ]);
  forEachHeader(head.headers, (name, value) => {
    if (name === ':authority') values.set('host', value);
    if (name.startsWith(':')) return;
    const known = values.get(name);
    values.set(name, known === undefined ? value : `${known},${value}`);
  });
  return values;
}
