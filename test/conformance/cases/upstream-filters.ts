import type { JsonObject } from '@bufbuild/protobuf';
import { lambda, routeAll, ROUTER, signing, UPSTREAM_CODEC } from '../bootstrap.ts';
import type { CallerRequest, ConformanceCase, Suite } from '../types.ts';
import { get, http1, post2 } from './requests.ts';

const TYPES = 'type.googleapis.com/envoy.extensions.filters.http';
const RETRY = { retry_on: '5xx', retry_back_off: { base_interval: '0.001s' } };
const ADDED = { request_headers_to_add: [{ header: { key: 'x-added', value: '1' } }] };

const manager = (route: JsonObject, more: JsonObject = {}, filters: JsonObject[] = [ROUTER]) => ({
  manager: { http_filters: filters, route_config: routeAll(route, more) },
});

function routerWith(...filters: JsonObject[]): JsonObject {
  const config = { '@type': `${TYPES}.router.v3.Router`, upstream_http_filters: [...filters, UPSTREAM_CODEC] };
  return { name: 'envoy.filters.http.router', typed_config: config };
}

const SETTINGS = {
  typed_per_filter_config: {
    'envoy.filters.http.aws_lambda': {
      '@type': `${TYPES}.aws_lambda.v3.PerRouteConfig`,
      invoke_config: { arn: 'arn:aws:lambda:us-east-1:123456789012:function:dog', payload_passthrough: true },
    },
  },
};

const LISTENERS = {
  signing: manager({ cluster: 'signed-by-cluster' }),
  'signing, header added': manager({ cluster: 'signed-by-cluster' }, ADDED),
  'signing, path rewritten': manager({ cluster: 'signed-by-cluster', prefix_rewrite: '/new' }),
  'signing, host rewritten': manager({ cluster: 'signed-by-cluster', host_rewrite_literal: 'bucket.example' }),
  'signing, payload unsigned': manager({ cluster: 'signed-by-cluster-unsigned-payload' }),
  'signing, to HTTP/2': manager({ cluster: 'signed-by-cluster-h2c' }),
  'signing, host of the endpoint': manager({ cluster: 'signed-by-cluster-by-name', auto_host_rewrite: true }),
  'signing, twice': manager({ cluster: 'signed-by-cluster' }, {}, [signing({ service_name: 's3' }), ROUTER]),
  'filters of the router': manager({}, {}, [routerWith(signing({ host_rewrite: 'router.example' }))]),
  'filters of router and cluster': manager({ cluster: 'signed-by-cluster' }, {}, [
    routerWith(signing({ host_rewrite: 'router.example' })),
  ]),
  lambda: manager({ cluster: 'lambda-by-cluster' }),
  'lambda, passthrough': manager({ cluster: 'lambda-by-cluster-passthrough' }, ADDED),
  'lambda, settings of the route': manager({ cluster: 'lambda-by-cluster' }, SETTINGS),
  'lambda of the router': manager({}, {}, [routerWith(lambda())]),
};

const REQUESTS: readonly (readonly [name: string, request: CallerRequest])[] = [
  ['GET', get('/a/b?c=d', 'x-a: 1')],
  ['POST', http1('POST /a?b=c', ['content-type: text/plain'], 'hello')],
  ['chunked', http1('POST /', ['transfer-encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n')],
  ['HTTP/2', post2('/a', 'hello')],
];

const JSON_ANSWER = [{ headers: ['content-type', 'application/json'], body: '{"statusCode":201,"body":"made"}' }];

function createCases(): ConformanceCase[] {
  return Object.keys(LISTENERS).flatMap((listener) =>
    REQUESTS.map(([name, request]) => ({ name: `${listener}: ${name}`, listener, request, answers: JSON_ANSWER })),
  );
}

const RETRIES: Record<string, ReturnType<typeof manager>> = {
  'retried, signing': manager({ cluster: 'signed-by-cluster', retry_policy: RETRY }),
  'retried, lambda': manager({ cluster: 'lambda-by-cluster', retry_policy: RETRY }),
  'retried, passthrough': manager({ cluster: 'lambda-by-cluster-passthrough', retry_policy: RETRY }),
};

/** `aws_lambda` and `aws_request_signing` behind the router. */
export const upstreamFilters: Suite = {
  name: 'HTTP filters of clusters',
  listeners: { ...LISTENERS, ...RETRIES },
  cases: [
    ...createCases(),
    ...Object.keys(RETRIES).flatMap((listener) => [
      { name: `${listener}: GET`, listener, request: get('/a'), answers: [{ status: 503 }, ...JSON_ANSWER] },
      {
        name: `${listener}: POST`,
        listener,
        request: http1('POST /a', ['content-type: text/plain'], 'hello'),
        answers: [{ status: 503 }, ...JSON_ANSWER],
      },
    ]),
    {
      name: 'retried, lambda: answer that is no JSON',
      listener: 'retried, lambda',
      request: get('/'),
      answers: [{ body: 'no JSON' }, ...JSON_ANSWER],
    },
    {
      name: 'lambda: answer that is no JSON',
      listener: 'lambda',
      request: get('/'),
      answers: [{ body: 'no JSON' }],
    },
    {
      name: 'lambda: function error',
      listener: 'lambda',
      request: get('/'),
      answers: [{ headers: ['x-amz-function-error', 'Unhandled'], body: '{"errorMessage":"x"}' }],
    },
    {
      name: 'signing: body above the limit',
      listener: 'signing',
      request: http1('POST /', [], 'x'.repeat(1_100_000)),
    },
  ],
};
