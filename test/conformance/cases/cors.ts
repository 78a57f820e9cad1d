import type { JsonObject } from '@bufbuild/protobuf';
import { ROUTER, routesTo } from '../bootstrap.ts';
import type { Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.cors.v3';

function route(prefix: string, policy: JsonObject): JsonObject {
  return {
    match: { prefix },
    route: { cluster: 'plain' },
    typed_per_filter_config: { 'envoy.filters.http.cors': { '@type': `${TYPE}.CorsPolicy`, ...policy } },
  };
}

const ONE = { allow_origin_string_match: [{ exact: 'https://a.example' }] };
const WHOLE: JsonObject = {
  ...ONE,
  allow_methods: 'GET,POST',
  allow_headers: 'x-a,x-b',
  expose_headers: 'x-c',
  max_age: '600',
  allow_credentials: true,
};

const preflight = (path: string, origin: string, ...more: readonly string[]) =>
  http1(`OPTIONS ${path}`, [`origin: ${origin}`, 'access-control-request-method: GET', ...more]);

export const cors: Suite = {
  name: 'CORS',
  listeners: {
    cors: {
      manager: {
        http_filters: [{ name: 'envoy.filters.http.cors', typed_config: { '@type': `${TYPE}.Cors` } }, ROUTER],
        route_config: routesTo(
          route('/one', ONE),
          route('/whole', WHOLE),
          route('/any', { allow_origin_string_match: [{ exact: '*' }] }),
          route('/prefix', { allow_origin_string_match: [{ prefix: 'https://' }] }),
          route('/closed', { ...ONE, forward_not_matching_preflights: false }),
          route('/off', { ...ONE, filter_enabled: { default_value: { numerator: 0 } } }),
          { match: { prefix: '/' }, route: { cluster: 'plain' } },
        ),
      },
    },
  },
  cases: [
    { name: 'preflight', request: preflight('/one', 'https://a.example') },
    { name: 'preflight with everything', request: preflight('/whole', 'https://a.example') },
    {
      name: 'preflight that asks for headers',
      request: preflight('/whole', 'https://a.example', 'access-control-request-headers: x-z'),
    },
    { name: 'preflight of any origin', request: preflight('/any', 'https://b.example') },
    { name: 'preflight of an origin with a prefix', request: preflight('/prefix', 'https://b.example') },
    { name: 'preflight of another origin', request: preflight('/one', 'https://b.example') },
    { name: 'preflight of another origin that is not forwarded', request: preflight('/closed', 'https://b.example') },
    { name: 'preflight where the filter is off', request: preflight('/off', 'https://a.example') },
    { name: 'preflight of a route without a policy', request: preflight('/', 'https://a.example') },
    { name: 'OPTIONS without a method asked for', request: http1('OPTIONS /one', ['origin: https://a.example']) },
    {
      name: 'OPTIONS with an empty method asked for',
      request: http1('OPTIONS /one', ['origin: https://a.example', 'access-control-request-method:']),
    },
    { name: 'call', request: get('/whole', 'origin: https://a.example') },
    { name: 'call of any origin', request: get('/any', 'origin: https://b.example') },
    { name: 'call of another origin', request: get('/whole', 'origin: https://b.example') },
    { name: 'call without an origin', request: get('/whole') },
    { name: 'call with an empty origin', request: get('/any', 'origin:') },
    { name: 'call where the filter is off', request: get('/off', 'origin: https://a.example') },
    {
      name: 'answer that names an origin itself',
      request: get('/whole', 'origin: https://a.example'),
      answers: [{ headers: ['access-control-allow-origin', '*', 'access-control-expose-headers', 'x-own'] }],
    },
    {
      name: 'error of the upstream',
      request: get('/whole', 'origin: https://a.example'),
      answers: [{ status: 503 }],
    },
  ],
};
