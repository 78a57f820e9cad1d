import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createHttpRig, createScriptedCluster, inlineRoutes, ROUTER } from '../support/http-rig.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.cors.v3';
const CORS: JsonObject = { name: 'envoy.filters.http.cors', typed_config: { '@type': `${TYPE}.Cors` } };
const EXACT: JsonObject = { allow_origin_string_match: [{ exact: 'https://a.example' }] };

/** The answer to a call, with whether it came from upstream. */
async function call(policy: JsonObject, method: string, headers: readonly string[]) {
  const cluster = createScriptedCluster('app', () => ({ headers: { 'x-app': 'yes' } }));
  const route = {
    match: { prefix: '/' },
    route: { cluster: 'app' },
    typed_per_filter_config: { 'envoy.filters.http.cors': { '@type': `${TYPE}.CorsPolicy`, ...policy } },
  };
  const manager = { http_filters: [CORS, ROUTER], route_config: inlineRoutes(route) };
  using rig = createHttpRig({ clusters: [cluster], manager });
  const answer = await rig.call({ method, headers });
  return { ...answer, isFromUpstream: answer.headers['x-app'] === 'yes' };
}

const preflight = (policy: JsonObject, origin: string) =>
  call(policy, 'OPTIONS', ['origin', origin, 'access-control-request-method', 'GET']);

test.each([
  [[{ exact: 'https://a.example' }], true],
  [[{ exact: 'https://b.example' }], false],
  [[{ prefix: 'https://' }], true],
  [[{ safe_regex: { regex: 'https://[a-c]\\.example' } }], true],
  // Measured with Envoy 1.40: not a pattern of its matchers, but of the filter.
  [[{ exact: '*' }], true],
])('allows an origin by %j: %s', async (matchers, isAllowed) => {
  const answer = await call({ allow_origin_string_match: matchers }, 'GET', ['origin', 'https://a.example']);
  expect(answer.headers['access-control-allow-origin']).toBe(isAllowed ? 'https://a.example' : undefined);
});

test('answers preflight requests itself, with everything that browsers want to know', async () => {
  const policy = { ...EXACT, allow_methods: 'GET', allow_headers: 'x-a', max_age: '60', expose_headers: 'x-b' };
  const answer = await preflight({ ...policy, allow_credentials: true }, 'https://a.example');
  expect(answer).toMatchObject({
    status: 200,
    isFromUpstream: false,
    headers: {
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'x-a',
      'access-control-max-age': '60',
      'access-control-expose-headers': 'x-b',
    },
  });
});

test.each([
  [{}, true],
  [{ forward_not_matching_preflights: true }, true],
  [{ forward_not_matching_preflights: false }, false],
])('passes preflight requests of other origins on with %j: %s', async (fields, isForwarded) => {
  const answer = await preflight({ ...EXACT, ...fields }, 'https://b.example');
  expect(answer).toMatchObject({ status: 200, isFromUpstream: isForwarded });
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
});

test.each([
  ['an OPTIONS request that is no preflight', ['origin', 'https://a.example']],
  ['one that asks for no method', ['origin', 'https://a.example', 'access-control-request-method', '']],
  ['one without an origin', ['access-control-request-method', 'GET']],
])('passes on %s', async (_what, headers) => {
  expect(await call(EXACT, 'OPTIONS', headers)).toMatchObject({ isFromUpstream: true });
});

test('does nothing where a route turns it off', async () => {
  const off = { ...EXACT, filter_enabled: { default_value: { numerator: 0 } } };
  expect(await preflight(off, 'https://a.example')).toMatchObject({ isFromUpstream: true });
});
