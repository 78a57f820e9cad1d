import { lambda, ROUTER, routeAll, signing } from '../bootstrap.ts';
import type { CallerRequest, Suite } from '../types.ts';
import { http1, post2 } from './requests.ts';

const TRAILERS = { 'x-checksum': 'abc', 'x-other': '1' };
const CHUNKED = http1(
  'POST /',
  ['transfer-encoding: chunked', 'content-type: text/plain'],
  '5\r\nhello\r\n0\r\nx-checksum: abc\r\n\r\n',
);

function listener(cluster: string, ...filters: ReturnType<typeof lambda>[]) {
  return { manager: { http_filters: [...filters, ROUTER], route_config: routeAll({ cluster }) } };
}

function keeping({ manager }: ReturnType<typeof listener>) {
  return { manager: { ...manager, http_protocol_options: { enable_trailers: true } } };
}

const LISTENERS = {
  'to HTTP/1': listener('plain'),
  'to HTTP/2': listener('h2c'),
  'aws_lambda to HTTP/1': listener('lambda', lambda()),
  'aws_lambda to HTTP/2': listener('lambda-h2c', lambda()),
  'aws_lambda, passthrough': listener('lambda-h2c', lambda({ payload_passthrough: true })),
  'aws_request_signing to HTTP/1': listener('plain', signing()),
  'aws_request_signing to HTTP/2': listener('h2c', signing()),
  'aws_request_signing, host rewritten': listener('h2c', signing({ host_rewrite: 'signed.example' })),
  'aws_request_signing, payload unsigned': listener('h2c', signing({ use_unsigned_payload: true })),
  'aws_lambda of a cluster': listener('lambda-by-cluster-h2c'),
  'aws_request_signing of a cluster': listener('signed-by-cluster-h2c'),
  'HTTP/1 trailers kept, to HTTP/2': keeping(listener('h2c')),
  'HTTP/1 trailers kept, aws_lambda': keeping(listener('lambda-h2c', lambda())),
};

const ANSWER = [{ headers: ['content-type', 'application/json'], body: '{"statusCode":201,"body":"made"}' }];

function ask(what: string, request: CallerRequest) {
  return Object.keys(LISTENERS).map((listenerName) => ({
    name: `${listenerName}: ${what}`,
    listener: listenerName,
    request,
    answers: ANSWER,
  }));
}

/** What stands behind the body of a request, and what it does to filters that act at the end of one. */
export const trailers: Suite = {
  name: 'request trailers',
  listeners: LISTENERS,
  cases: [
    ...ask('HTTP/2', post2('/', 'hello', TRAILERS)),
    ...ask('HTTP/2, no body', post2('/', '', TRAILERS)),
    ...ask('HTTP/2, none', post2('/', 'hello')),
    ...ask('HTTP/1', CHUNKED),
  ],
};
