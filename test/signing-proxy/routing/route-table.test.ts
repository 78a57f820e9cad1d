import { fromJson, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { anyRegistry } from '#xds/any-registry.ts';
import { RouteConfigurationSchema } from '#xds/generated/messages.js';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { compileRouteTable } from '#signing-proxy/routing/compile-route-table.ts';
import { createTestContext } from '../support/proxy-context.ts';

function compile(config: JsonObject) {
  using context = createTestContext();
  return compileRouteTable(
    fromJson(RouteConfigurationSchema, { name: 'table', ...config }, { registry: anyRegistry }),
    context,
  );
}

const all = (...routes: JsonValue[]): JsonObject => ({ virtual_hosts: [{ name: 'all', domains: ['*'], routes }] });

const request = (path: string, headers: Record<string, string> = {}) =>
  HeaderMap.from([[':method', 'GET'], [':authority', 'example.com'], [':path', path], ...Object.entries(headers)]);

function match(config: JsonObject, headers: HeaderMap) {
  return compile(config).match(headers, createRandom('test'));
}

const testDomain = (host: string, virtualHost: string | undefined, options: JsonObject = {}) =>
  test(`host ${host} is served by ${virtualHost}${options['ignore_port_in_host_matching'] === true ? ', ports ignored' : ''}`, () => {
    const domains: Record<string, string[]> = {
      exact: ['www.Example.com', 'other.com:8080'],
      'long suffix': ['*.api.example.com'],
      suffix: ['*.example.com', '*-x.example.org'],
      prefix: ['www.*'],
      'long prefix': ['www.example.*'],
    };
    const virtual_hosts = Object.entries(domains).map(([name, list]) => ({
      name,
      domains: list,
      routes: [{ match: { prefix: '/' }, route: { cluster: 'c' } }],
    }));
    const headers = request('/');
    headers.set(':authority', host);
    expect(match({ virtual_hosts, ...options }, headers)?.virtualHost).toBe(virtualHost);
  });

testDomain('www.example.com', 'exact');
testDomain('WWW.EXAMPLE.COM', 'exact');
testDomain('a.example.com', 'suffix');
testDomain('a.api.example.com', 'long suffix');
testDomain('api.example.com', 'suffix');
testDomain('.example.com', undefined);
testDomain('a-x.example.org', 'suffix');
testDomain('www.example.net', 'long prefix');
testDomain('www.other.net', 'prefix');
testDomain('example.net', undefined);
testDomain('other.com', undefined);
testDomain('other.com:8080', 'exact');
testDomain('www.example.com:9080', 'long prefix');
testDomain('www.example.com:9080', 'exact', { ignore_port_in_host_matching: true });

test('a virtual host that has no route for a path does not hand it on', () => {
  const config = {
    virtual_hosts: [
      { name: 'one', domains: ['example.com'], routes: [{ match: { path: '/a' }, route: { cluster: 'c' } }] },
      { name: 'rest', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'c' } }] },
    ],
  };
  expect(match(config, request('/b'))).toBeUndefined();
});

const testMatch = (name: string, routeMatch: JsonObject, headers: HeaderMap, isMatch: boolean) =>
  test(`${name}: ${isMatch ? 'matches' : 'does not match'} ${headers.get(':path')}`, () => {
    expect(match(all({ match: routeMatch, route: { cluster: 'c' } }), headers) !== undefined).toBe(isMatch);
  });

testMatch('prefix', { prefix: '/cat' }, request('/cats?x'), true);
testMatch('prefix', { prefix: '/cat' }, request('/dog'), false);
testMatch('prefix, any case', { prefix: '/Cat', case_sensitive: false }, request('/cATs'), true);
testMatch('path', { path: '/cat' }, request('/cat?x=1'), true);
testMatch('path', { path: '/cat' }, request('/cat#top'), true);
testMatch('path', { path: '/cat' }, request('/cat/'), false);
testMatch('path, any case', { path: '/cat', case_sensitive: false }, request('/CAT'), true);
testMatch('separated prefix', { path_separated_prefix: '/cat' }, request('/cat'), true);
testMatch('separated prefix', { path_separated_prefix: '/cat' }, request('/cat/1'), true);
testMatch('separated prefix', { path_separated_prefix: '/cat' }, request('/cats'), false);
testMatch('regex', { safe_regex: { regex: '/c.t/\\d+' } }, request('/cut/12?x'), true);
testMatch('regex, whole path', { safe_regex: { regex: '/c.t' } }, request('/cut/12'), false);
testMatch('regex with a flag', { safe_regex: { regex: '(?i)/cat' } }, request('/CAT'), true);
testMatch('regex with a class', { safe_regex: { regex: '/[[:alpha:]]+' } }, request('/abc'), true);

const header = (matcher: JsonObject): JsonObject => ({ prefix: '/', headers: [{ name: 'X-A', ...matcher }] });

const testHeader = (name: string, matcher: JsonObject, value: string | undefined, isMatch: boolean) =>
  test(`header ${name} ${isMatch ? 'matches' : 'does not match'} ${value}`, () => {
    const headers = request('/', value === undefined ? {} : { 'x-a': value });
    expect(match(all({ match: header(matcher), route: { cluster: 'c' } }), headers) !== undefined).toBe(isMatch);
  });

testHeader('exact', { string_match: { exact: 'b' } }, 'b', true);
testHeader('exact', { string_match: { exact: 'b' } }, undefined, false);
testHeader('exact, any case', { string_match: { exact: 'B', ignore_case: true } }, 'b', true);
testHeader('old exact', { exact_match: 'b' }, 'b', true);
testHeader('prefix', { string_match: { prefix: 'b' } }, 'bc', true);
testHeader('suffix', { suffix_match: 'c' }, 'bc', true);
testHeader('contains', { string_match: { contains: 'c' } }, 'bcd', true);
testHeader('regex', { string_match: { safe_regex: { regex: 'b+' } } }, 'bbb', true);
testHeader('regex', { safe_regex_match: { regex: 'b+' } }, 'bbc', false);
testHeader('range', { range_match: { start: 1, end: 10 } }, '9', true);
testHeader('range', { range_match: { start: 1, end: 10 } }, '10', false);
testHeader('range', { range_match: { start: -5, end: 10 } }, '-5', true);
testHeader('range', { range_match: { start: 1, end: 10 } }, 'x', false);
testHeader('presence', { present_match: true }, '', true);
testHeader('presence', {}, undefined, false);
testHeader('absence', { present_match: false }, undefined, true);
testHeader('absence', { present_match: true, invert_match: true }, undefined, true);
testHeader('inverted', { string_match: { exact: 'b' }, invert_match: true }, 'c', true);
testHeader('inverted', { string_match: { exact: 'b' }, invert_match: true }, undefined, false);
testHeader(
  'inverted, missing is empty',
  { string_match: { exact: 'b' }, invert_match: true, treat_missing_header_as_empty: true },
  undefined,
  true,
);

test('compares repeated headers joined with a comma', () => {
  const headers = request('/', { 'x-a': '1' });
  headers.add('x-a', '2');
  expect(
    match(all({ match: header({ string_match: { exact: '1,2' } }), route: { cluster: 'c' } }), headers),
  ).toBeDefined();
});

const query = (matcher: JsonObject): JsonObject => ({ prefix: '/', query_parameters: [{ name: 'q', ...matcher }] });

testMatch('query value', query({ string_match: { exact: 'a%20b' } }), request('/?x&q=a%20b'), true);
testMatch('query, first value', query({ string_match: { exact: '2' } }), request('/?q=1&q=2'), false);
testMatch('query presence', query({ present_match: true }), request('/?q'), true);
testMatch('query presence', query({}), request('/?p=q'), false);
testMatch(
  'a fraction of nothing',
  { prefix: '/', runtime_fraction: { default_value: { numerator: 0 } } },
  request('/'),
  false,
);
testMatch(
  'a fraction of all',
  { prefix: '/', runtime_fraction: { default_value: { numerator: 100 } } },
  request('/'),
  true,
);

test('weights choose as often as they say', () => {
  const table = compile(
    all({
      match: { prefix: '/' },
      route: {
        weighted_clusters: {
          clusters: [
            { name: 'a', weight: 75 },
            { name: 'none', weight: 0 },
            { name: 'b', weight: 25 },
          ],
        },
      },
    }),
  );
  const random = createRandom('weights');
  const chosen = Array.from({ length: 2000 }, () => table.match(request('/'), random)?.action);
  const count = (name: string) =>
    chosen.filter((action) => action?.kind === 'forward' && action.clusterName === name).length;
  expect(count('a')).toBeGreaterThan(1400);
  expect(count('a')).toBeLessThan(1600);
  expect(count('none')).toBe(0);
  expect(table.clusterNames).toEqual(['a', 'none', 'b']);
});

const testRedirect = (name: string, redirect: JsonObject, target: { path: string; host?: string }, location: string) =>
  test(`redirect: ${name}`, () => {
    const headers = request(target.path);
    headers.set(':scheme', 'http');
    headers.set(':authority', target.host ?? 'example.com');
    const action = match(all({ match: { prefix: '/old' }, redirect }), headers)?.action;
    expect(action?.kind === 'redirect' && action.createLocation(headers)).toBe(location);
  });

testRedirect(
  'to https without the port of http',
  { https_redirect: true },
  { path: '/old?a=1', host: 'example.com:80' },
  'https://example.com/old?a=1',
);
testRedirect(
  'to https keeps another port',
  { https_redirect: true },
  { path: '/old', host: 'example.com:9080' },
  'https://example.com:9080/old',
);
testRedirect('another host', { host_redirect: 'new.com' }, { path: '/old' }, 'http://new.com/old');
testRedirect(
  'another port',
  { port_redirect: 8443, scheme_redirect: 'https' },
  { path: '/old', host: 'example.com:1' },
  'https://example.com:8443/old',
);
testRedirect(
  'another path keeps the query',
  { path_redirect: '/new' },
  { path: '/old?a=1' },
  'http://example.com/new?a=1',
);
testRedirect(
  'a path with a query replaces it',
  { path_redirect: '/new?b=2' },
  { path: '/old?a=1' },
  'http://example.com/new?b=2',
);
testRedirect('another prefix', { prefix_rewrite: '/new' }, { path: '/old/x?a' }, 'http://example.com/new/x?a');
testRedirect('a stripped query', { strip_query: true }, { path: '/old?a=1' }, 'http://example.com/old');

const testRewrite = (name: string, routeMatch: JsonObject, action: JsonObject, [path, rewritten]: [string, string]) =>
  test(`rewrite: ${name}`, () => {
    const route = match(all({ match: routeMatch, route: { cluster: 'c', ...action } }), request(path));
    expect(route?.action.kind === 'forward' && route.action.rewritePath?.(path)).toBe(rewritten);
  });

testRewrite('prefix', { prefix: '/a' }, { prefix_rewrite: '/b' }, ['/a/x?q', '/b/x?q']);
testRewrite('path', { path: '/a' }, { prefix_rewrite: '/b' }, ['/a?q', '/b?q']);
testRewrite('regex match', { safe_regex: { regex: '/a.*' } }, { prefix_rewrite: '/b' }, ['/a/x?q', '/b?q']);
testRewrite(
  'regex',
  { prefix: '/' },
  { regex_rewrite: { pattern: { regex: '^/service/([^/]+)(/.*)$' }, substitution: '\\2/instance/\\1' } },
  ['/service/foo/v1?q=/service', '/v1/instance/foo?q=/service'],
);

test.each([
  ['nothing', {}, 15_000],
  ['a timeout', { timeout: '3s' }, 3_000],
  [
    'a stream limit of 0, which leaves the timeout without effect',
    { timeout: '3s', max_stream_duration: { max_stream_duration: '0s' } },
    0,
  ],
])('times a route with %s', (_, action, timeoutMs) => {
  const route = match(all({ match: { prefix: '/' }, route: { cluster: 'c', ...action } }), request('/'));
  expect(route?.action).toMatchObject({ kind: 'forward', timeoutMs });
});

const testRefused = (name: string, config: JsonObject, message: string) =>
  test(`refuses ${name}`, () => {
    expect(() => compile(config)).toThrow(message);
  });

const route = (fields: JsonObject = {}): JsonObject => ({ match: { prefix: '/' }, route: { cluster: 'c' }, ...fields });

testRefused(
  'a stream limit that it cannot keep',
  all(route({ route: { cluster: 'c', max_stream_duration: { max_stream_duration: '5s' } } })),
  'max_stream_duration of a route is not supported',
);
testRefused(
  'a domain that two virtual hosts claim',
  {
    virtual_hosts: [
      { name: 'a', domains: ['x.com'] },
      { name: 'b', domains: ['X.com'] },
    ],
  },
  'Only unique values for domains are permitted. Duplicate entry of domain x.com in virtual host b',
);
testRefused(
  'two wildcards',
  {
    virtual_hosts: [
      { name: 'a', domains: ['*'] },
      { name: 'b', domains: ['*'] },
    ],
  },
  'Only a single wildcard domain is permitted in virtual host b',
);
testRefused(
  'an unknown cluster when clusters are validated',
  { ...all(route()), validate_clusters: true },
  "route: unknown cluster 'c'",
);
testRefused(
  'weights without weight',
  all(route({ route: { weighted_clusters: { clusters: [{ name: 'a', weight: 0 }] } } })),
  'greater than 0',
);
testRefused('look-ahead', all(route({ match: { safe_regex: { regex: '(?=a)b' } } })), 'invalid perl operator: (?=');
testRefused('look-behind', all(route({ match: { safe_regex: { regex: '(?<!a)b' } } })), 'invalid perl operator: (?<!');
testRefused(
  'a back-reference',
  all(route({ match: { safe_regex: { regex: '(a)\\1' } } })),
  'invalid escape sequence: \\1',
);
testRefused('half a group', all(route({ match: { safe_regex: { regex: '(a' } } })), 'Unterminated group');
testRefused('a route without action', all({ match: { prefix: '/' } }), 'action is required');
testRefused(
  'an unknown substitution',
  all(route({ request_headers_to_add: [{ header: { key: 'a', value: '%NOPE%' } }] })),
  'Not supported field in StreamInfo: NOPE',
);
testRefused(
  'a substitution without end',
  all(route({ request_headers_to_add: [{ header: { key: 'a', value: '50%' } }] })),
  'Un-terminated variable expression',
);
testRefused(
  'removing a pseudo header',
  all(route({ request_headers_to_remove: [':path'] })),
  ':-prefixed or host headers may not be removed',
);
testRefused(
  'settings for an unknown filter',
  all(
    route({
      typed_per_filter_config: {
        'my.filter': {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute',
          disabled: true,
        },
      },
    }),
  ),
  "Didn't find a registered implementation for 'my.filter' with type URL: 'envoy.extensions.filters.http.lua.v3.LuaPerRoute'",
);
testRefused(
  'a bad ARN on a route',
  all(
    route({
      typed_per_filter_config: {
        'envoy.filters.http.aws_lambda': {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig',
          invoke_config: { arn: 'not-an-arn' },
        },
      },
    }),
  ),
  'aws_lambda_filter: Invalid ARN: not-an-arn',
);

test('settings that say they are optional may be for an unknown filter', () => {
  const wrapped = {
    '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
    is_optional: true,
    config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute', disabled: true },
  };
  expect(
    compile(all(route({ typed_per_filter_config: { 'my.filter': wrapped } }))).match(request('/'), createRandom('x')),
  ).toBeDefined();
});

test('the most specific settings of a filter win whole', () => {
  const invoke = (name: string): JsonObject => ({
    'envoy.filters.http.aws_lambda': {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig',
      invoke_config: { arn: `arn:aws:lambda:us-east-1:1:function:${name}` },
    },
  });
  const config = {
    typed_per_filter_config: invoke('table'),
    virtual_hosts: [
      {
        name: 'v',
        domains: ['*'],
        typed_per_filter_config: invoke('host'),
        routes: [
          { match: { prefix: '/route' }, route: { cluster: 'c' }, typed_per_filter_config: invoke('route') },
          {
            match: { prefix: '/weight' },
            route: {
              weighted_clusters: { clusters: [{ name: 'c', weight: 1, typed_per_filter_config: invoke('weight') }] },
            },
            typed_per_filter_config: invoke('route'),
          },
          { match: { prefix: '/' }, route: { cluster: 'c' } },
        ],
      },
    ],
  };
  const functionFor = (path: string) =>
    match(config, request(path))?.filterConfigs.get('envoy.filters.http.aws_lambda')?.settings;
  expect(functionFor('/route')).toMatchObject({ arn: { functionName: 'route' } });
  expect(functionFor('/weight')).toMatchObject({ arn: { functionName: 'weight' } });
  expect(functionFor('/')).toMatchObject({ arn: { functionName: 'host' } });
});

const requireTls = (require_tls: string): JsonObject => ({
  virtual_hosts: [
    { name: 'v', domains: ['*'], require_tls, routes: [{ match: { prefix: '/' }, route: { cluster: 'c' } }] },
  ],
});

test('sends callers without TLS to https where it is required', () => {
  const plain = request('/x', { 'x-forwarded-proto': 'http' });
  const internal = request('/x', { 'x-forwarded-proto': 'http', 'x-envoy-internal': 'true' });
  const action = match(requireTls('ALL'), plain)?.action;
  expect(action?.kind === 'redirect' && [action.status, action.createLocation(plain)]).toEqual([
    301,
    'https://example.com/x',
  ]);
  expect(match(requireTls('ALL'), request('/x', { 'x-forwarded-proto': 'https' }))?.action.kind).toBe('forward');
  expect(match(requireTls('EXTERNAL_ONLY'), plain)?.action.kind).toBe('redirect');
  expect(match(requireTls('EXTERNAL_ONLY'), internal)?.action.kind).toBe('forward');
});
