import type { JsonObject } from '@bufbuild/protobuf';
import type { Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

/** A route that answers with its own name: the answer's body tells which route was chosen. */
function answering(name: string, match: JsonObject): JsonObject {
  return { name, match, direct_response: { status: 200, body: { inline_string: name } } };
}

function host(name: string, domains: readonly string[]): JsonObject {
  return { name, domains: [...domains], routes: [answering(name, { prefix: '/' })] };
}

const header = (name: string, matcher: JsonObject): JsonObject => ({ prefix: '/', headers: [{ name, ...matcher }] });
const text = (matcher: JsonObject): JsonObject => ({ string_match: matcher });
const query = (name: string, matcher: JsonObject): JsonObject => ({
  prefix: '/q',
  query_parameters: [{ name, ...matcher }],
});

export const routeMatching: Suite = {
  name: 'route matching',
  listeners: {
    paths: {
      manager: {
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [
                answering('exact', { path: '/exact' }),
                answering('exact-blind', { path: '/Blind', case_sensitive: false }),
                answering('regex', { safe_regex: { regex: '/item/[0-9]+' } }),
                answering('regex-blind', { safe_regex: { regex: '(?i)/sku/[a-z]+' } }),
                answering('separated', { path_separated_prefix: '/tree' }),
                answering('prefix-blind', { prefix: '/PRE', case_sensitive: false }),
                answering('prefix', { prefix: '/pre/' }),
                answering('first', { prefix: '/order' }),
                answering('second', { prefix: '/order/longer' }),
              ],
            },
          ],
        },
      },
    },
    domains: {
      manager: {
        route_config: {
          virtual_hosts: [
            host('exact', ['example.com', 'Upper.Example.com']),
            host('with-port', ['ported.com:9080']),
            host('suffix', ['*.example.com']),
            host('longer-suffix', ['*.deep.example.com']),
            host('dash-suffix', ['*-internal.example.com']),
            host('prefix', ['example.*']),
            host('longer-prefix', ['example.co.*']),
            host('rest', ['*']),
          ],
        },
      },
    },
    'ignoring-port': {
      manager: {
        route_config: {
          ignore_port_in_host_matching: true,
          virtual_hosts: [host('exact', ['example.com']), host('suffix', ['*.example.com'])],
        },
      },
    },
    headers: {
      manager: {
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [
                answering('exact', header('x-exact', text({ exact: 'One' }))),
                answering('ignore-case', header('x-ignore', text({ exact: 'One', ignore_case: true }))),
                answering('prefix', header('x-prefix', text({ prefix: 'ab' }))),
                answering('suffix', header('x-suffix', text({ suffix: 'yz' }))),
                answering('contains', header('x-contains', text({ contains: 'mid' }))),
                answering('regex', header('x-regex', text({ safe_regex: { regex: 'v[0-9]+' } }))),
                answering('present', header('x-present', { present_match: true })),
                answering('range', header('x-range', { range_match: { start: '10', end: '20' } })),
                answering('inverted', {
                  prefix: '/inverted',
                  headers: [{ name: 'x-inverted', ...text({ exact: 'no' }), invert_match: true }],
                }),
                answering('absent', { prefix: '/absent', headers: [{ name: 'x-absent', present_match: false }] }),
                answering('missing-as-empty', {
                  prefix: '/empty',
                  headers: [
                    {
                      name: 'x-empty',
                      ...text({ exact: 'a' }),
                      invert_match: true,
                      treat_missing_header_as_empty: true,
                    },
                  ],
                }),
                answering('method', { prefix: '/method', headers: [{ name: ':method', ...text({ exact: 'POST' }) }] }),
                answering('authority', {
                  prefix: '/authority',
                  headers: [{ name: ':authority', ...text({ exact: 'special.com' }) }],
                }),
                answering('path', { prefix: '/path', headers: [{ name: ':path', ...text({ suffix: '?x=1' }) }] }),
                answering('two', {
                  prefix: '/two',
                  headers: [
                    { name: 'x-a', ...text({ exact: '1' }) },
                    { name: 'x-b', ...text({ exact: '2' }) },
                  ],
                }),
              ],
            },
          ],
        },
      },
    },
    queries: {
      manager: {
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [
                answering('exact', query('exact', text({ exact: 'one' }))),
                answering('prefix', query('prefix', text({ prefix: 'ab' }))),
                answering('regex', query('regex', text({ safe_regex: { regex: '[0-9]+' } }))),
                answering('present', query('present', { present_match: true })),
              ],
            },
          ],
        },
      },
    },
  },
  cases: [
    { name: 'exact path', listener: 'paths', request: get('/exact') },
    { name: 'exact path with a query', listener: 'paths', request: get('/exact?a=b') },
    { name: 'exact path with a slash more', listener: 'paths', request: get('/exact/') },
    { name: 'exact path in other case', listener: 'paths', request: get('/Exact') },
    { name: 'exact path, case-blind', listener: 'paths', request: get('/bLIND') },
    { name: 'regular expression', listener: 'paths', request: get('/item/42?x=y') },
    { name: 'regular expression matches the whole path', listener: 'paths', request: get('/item/42/more') },
    { name: 'regular expression, case-blind', listener: 'paths', request: get('/SKU/AbC') },
    { name: 'separated prefix itself', listener: 'paths', request: get('/tree') },
    { name: 'separated prefix and more', listener: 'paths', request: get('/tree/leaf') },
    { name: 'separated prefix and a query', listener: 'paths', request: get('/tree?leaf') },
    { name: 'separated prefix, no separator', listener: 'paths', request: get('/treehouse') },
    { name: 'prefix, case-blind', listener: 'paths', request: get('/pRefix') },
    { name: 'escaped slash is no separator', listener: 'paths', request: get('/tree%2Fleaf') },
    { name: 'first of two routes wins', listener: 'paths', request: get('/order/longer') },
    { name: 'fragment is no part of the path', listener: 'paths', request: get('/exact#part') },
    { name: 'no route', listener: 'paths', request: get('/nowhere') },
    { name: 'exact domain', listener: 'domains', request: get('/', 'host: example.com') },
    { name: 'exact domain in other case', listener: 'domains', request: get('/', 'host: EXAMPLE.com') },
    { name: 'domain configured in upper case', listener: 'domains', request: get('/', 'host: upper.example.com') },
    { name: 'domain with a port that is configured', listener: 'domains', request: get('/', 'host: ported.com:9080') },
    { name: 'domain with a port that is not', listener: 'domains', request: get('/', 'host: example.com:9080') },
    { name: 'suffix domain', listener: 'domains', request: get('/', 'host: a.example.com') },
    { name: 'longest suffix wins', listener: 'domains', request: get('/', 'host: a.deep.example.com') },
    { name: 'suffix that starts with a dash', listener: 'domains', request: get('/', 'host: x-internal.example.com') },
    { name: 'suffix alone does not match', listener: 'domains', request: get('/', 'host: .example.com') },
    { name: 'prefix domain', listener: 'domains', request: get('/', 'host: example.org') },
    { name: 'longest prefix wins', listener: 'domains', request: get('/', 'host: example.co.uk') },
    { name: 'any domain', listener: 'domains', request: get('/', 'host: other.net') },
    { name: 'port ignored in matching', listener: 'ignoring-port', request: get('/', 'host: example.com:9080') },
    { name: 'port ignored with a suffix', listener: 'ignoring-port', request: get('/', 'host: a.example.com:1') },
    { name: 'no virtual host', listener: 'ignoring-port', request: get('/', 'host: other.net') },
    { name: 'header exact', listener: 'headers', request: get('/', 'X-Exact: One') },
    { name: 'header exact in other case', listener: 'headers', request: get('/', 'x-exact: one') },
    { name: 'header exact, case-blind', listener: 'headers', request: get('/', 'x-ignore: ONE') },
    { name: 'header prefix', listener: 'headers', request: get('/', 'x-prefix: abc') },
    { name: 'header suffix', listener: 'headers', request: get('/', 'x-suffix: xyz') },
    { name: 'header contains', listener: 'headers', request: get('/', 'x-contains: amidst') },
    { name: 'header regular expression', listener: 'headers', request: get('/', 'x-regex: v12') },
    {
      name: 'header regular expression matches the whole value',
      listener: 'headers',
      request: get('/', 'x-regex: v12b'),
    },
    { name: 'header present', listener: 'headers', request: get('/', 'x-present: anything') },
    { name: 'header present and empty', listener: 'headers', request: get('/', 'x-present:') },
    { name: 'header range, start', listener: 'headers', request: get('/', 'x-range: 10') },
    { name: 'header range, end is outside', listener: 'headers', request: get('/', 'x-range: 20') },
    { name: 'header range, not a number', listener: 'headers', request: get('/', 'x-range: 12x') },
    { name: 'header inverted, other value', listener: 'headers', request: get('/inverted', 'x-inverted: yes') },
    { name: 'header inverted, same value', listener: 'headers', request: get('/inverted', 'x-inverted: no') },
    { name: 'header inverted, missing', listener: 'headers', request: get('/inverted') },
    { name: 'header absent', listener: 'headers', request: get('/absent') },
    { name: 'header absent but there', listener: 'headers', request: get('/absent', 'x-absent: 1') },
    { name: 'header missing counts as empty', listener: 'headers', request: get('/empty') },
    { name: 'header given twice is joined', listener: 'headers', request: get('/', 'x-exact: One', 'x-exact: Two') },
    { name: 'method', listener: 'headers', request: http1('POST /method') },
    { name: 'other method', listener: 'headers', request: http1('PUT /method') },
    { name: 'authority', listener: 'headers', request: get('/authority', 'host: special.com') },
    { name: 'path with its query as a header', listener: 'headers', request: get('/path?x=1') },
    { name: 'both of two headers', listener: 'headers', request: get('/two', 'x-a: 1', 'x-b: 2') },
    { name: 'one of two headers', listener: 'headers', request: get('/two', 'x-a: 1') },
    { name: 'query exact', listener: 'queries', request: get('/q?exact=one') },
    { name: 'query exact, other value', listener: 'queries', request: get('/q?exact=two') },
    { name: 'query exact, first of two', listener: 'queries', request: get('/q?exact=one&exact=two') },
    { name: 'query exact, second of two', listener: 'queries', request: get('/q?exact=two&exact=one') },
    { name: 'query exact, escaped', listener: 'queries', request: get('/q?exact=%6Fne') },
    { name: 'query prefix', listener: 'queries', request: get('/q?a=1&prefix=abc') },
    { name: 'query regular expression', listener: 'queries', request: get('/q?regex=12') },
    { name: 'query present without a value', listener: 'queries', request: get('/q?present') },
    { name: 'query present with an empty value', listener: 'queries', request: get('/q?present=') },
    { name: 'query missing', listener: 'queries', request: get('/q') },
  ],
};
