import { expect, test } from 'vitest';
import { RouteActionSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { compileHashPolicies } from '#signing-proxy/routing/hash-policy.ts';
import { hashXx64 } from '#signing-proxy/upstreams/balancing/xx-hash.ts';

const cookies: string[] = [];

function hash(policies: readonly object[], headers: readonly (readonly [string, string])[] = []): bigint | undefined {
  const { hashPolicy } = fromProtoJson(RouteActionSchema, { cluster: 'c', hashPolicy: policies });
  cookies.length = 0;
  return compileHashPolicies(hashPolicy)?.({
    headers: HeaderMap.from([[':path', '/a?k=v&empty='], ...headers]),
    remoteAddress: '10.0.0.1',
    remoteEnd: '10.0.0.1:40000',
    localEnd: '10.0.0.2:8080',
    setCookie: (value) => cookies.push(value),
  });
}

const HEADER = { header: { headerName: 'X-User' } };
const QUERY = { queryParameter: { name: 'k' } };
const COOKIE = { cookie: { name: 'sid' } };

test.each([
  [[HEADER], [['x-user', 'a']], 'a'],
  [
    [{ header: { headerName: 'x-user', regexRewrite: { pattern: { regex: '@.*' }, substitution: '' } } }],
    [['x-user', 'a@b']],
    'a',
  ],
  [[QUERY], [], 'v'],
  [[{ connectionProperties: { sourceIp: true } }], [], '10.0.0.1'],
  [[COOKIE], [['cookie', 'a=b; sid=c']], 'c'],
  [[COOKIE], [['cookie', 'sid="c"']], 'c'],
] as const)('hashes %j of %j as %s', (policies, headers, text) => {
  expect(hash(policies, headers)).toBe(hashXx64(text));
});

test.each([
  [[HEADER], []],
  [[{ queryParameter: { name: 'empty' } }], []],
  [[{ connectionProperties: {} }], []],
  [[COOKIE], [['cookie', 'other=1']]],
] as const)('finds nothing for %j in %j', (policies, headers) => {
  expect(hash(policies, headers)).toBeUndefined();
});

test('joins several values of a header in whatever order they come', () => {
  const joined = hash([HEADER], [['x-user', 'a'], ['x-user', 'b']]); // prettier-ignore
  expect(joined).toBe(hash([HEADER], [['x-user', 'b'], ['x-user', 'a']])); // prettier-ignore
  expect(joined).not.toBe(hashXx64('a'));
});

test('joins several policies, up to a terminal one that finds something', () => {
  const both = hash([HEADER, QUERY], [['x-user', 'a']]);
  expect(both).not.toBe(hashXx64('a'));
  expect(hash([{ ...HEADER, terminal: true }, QUERY], [['x-user', 'a']])).toBe(hashXx64('a'));
  expect(hash([{ ...HEADER, terminal: true }, QUERY])).toBe(hashXx64('v'));
});

test('gives a caller without the cookie one, the same for everything on its connection', () => {
  const attributes = [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }];
  const value = hashXx64('10.0.0.1:4000010.0.0.2:8080').toString(16).padStart(16, '0');
  expect(hash([{ cookie: { name: 'sid', ttl: '60s', path: '/p', attributes } }])).toBe(hashXx64(value));
  expect(cookies).toEqual([`sid="${value}"; Max-Age=60; Path=/p; SameSite=Lax; Secure; HttpOnly`]);
  hash([{ cookie: { name: 'sid', ttl: '0s' } }]);
  expect(cookies).toEqual([`sid="${value}"; HttpOnly`]);
});

test('refuses what it cannot hash', () => {
  expect(() => hash([{ filterState: { key: 'k' } }])).toThrow('hash_policy filterState is not supported');
});
