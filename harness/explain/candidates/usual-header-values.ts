import { EMPTY_SHA256 } from '#mock-aws/sigv4/digest.ts';
import type { HeaderLine } from '../signing-parts.ts';

/**
 * What clients put into headers that later hops rewrite or remove (gateways.md 2.7, 4.4 and 4.6).
 * A removed header leaves no trace of its value, so the common values are all there is to try.
 */
const USUAL_VALUES: Readonly<Record<string, readonly string[]>> = {
  accept: ['*/*', 'application/json', 'application/json, text/plain, */*'],
  'accept-encoding': [
    'identity',
    'gzip',
    'gzip, deflate',
    'gzip, deflate, br',
    'gzip,deflate',
    'deflate, gzip',
    'br,gzip,deflate',
  ],
  'accept-language': ['*'],
  'cache-control': ['no-cache'],
  connection: ['keep-alive', 'Keep-Alive', 'close', 'upgrade'],
  'content-type': ['application/json', 'application/octet-stream', 'application/x-www-form-urlencoded', 'text/plain'],
  expect: ['100-continue'],
  'keep-alive': ['timeout=5'],
  pragma: ['no-cache'],
  te: ['trailers'],
  'transfer-encoding': ['chunked'],
  'x-amz-invocation-type': ['RequestResponse', 'Event', 'DryRun'],
  'x-amz-log-type': ['None', 'Tail'],
  'x-envoy-attempt-count': ['1', '2', '3'],
  'x-envoy-expected-rq-timeout-ms': ['15000'],
  'x-envoy-internal': ['true'],
  'x-forwarded-port': ['80', '443', '8080', '8443'],
  'x-forwarded-proto': ['http', 'https'],
};

/** Values that a signed header may well have had. */
export function listUsualValues(line: HeaderLine, body: Uint8Array | undefined, payloadHash: string): string[] {
  const values = USUAL_VALUES[line.name] ?? [];
  return [...values, ...listDerivedValues(line, body, payloadHash)];
}

function listDerivedValues({ name, value }: HeaderLine, body: Uint8Array | undefined, payloadHash: string): string[] {
  if (name === 'content-length') return ['0', ...(body === undefined ? [] : [String(body.length)])];
  if (name === 'x-amz-content-sha256') return [payloadHash, EMPTY_SHA256, 'UNSIGNED-PAYLOAD'];
  if (name === 'x-amzn-trace-id') return [value.replace(/Self=[^;]*;?/, ''), /Root=[^;]*/.exec(value)?.[0] ?? ''];
  if (name === 'content-type') return listCharsets(value);
  return [];
}

function listCharsets(value: string): string[] {
  const bare = value.split(';', 1)[0] ?? '';
  return [bare, `${bare}; charset=utf-8`, `${bare};charset=utf-8`, `${bare}; charset=UTF-8`, `${bare};charset=UTF-8`];
}
