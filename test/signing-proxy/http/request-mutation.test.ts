import { expect, test } from 'vitest';
import { createRandom } from '#core/random.ts';
import { envoy119 } from '#signing-proxy/dialects/envoy-1.19.ts';
import { forwardClientCert, type ForwardedClientCertMode } from '#signing-proxy/http/forwarded-client-cert.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { normalizeHost, type HostPortStripping } from '#signing-proxy/http/host-port.ts';
import { compileInternalAddresses } from '#signing-proxy/http/internal-address.ts';
import { normalizePath, type PathOptions } from '#signing-proxy/http/path-normalization.ts';
import { mutateRequestHeaders, type RequestMutationConfig } from '#signing-proxy/http/request-mutation.ts';
import type { DownstreamInfo } from '#signing-proxy/listeners/types.ts';
import { MESH_TLS } from '../support/http-rig.ts';

const NO_DETAILS = { subject: false, cert: false, chain: false, uri: false, dns: false };

const SIDECAR: RequestMutationConfig = {
  forwardedFor: { usesRemoteAddress: false, trustedHops: 0, skipsAppend: false },
  isInternalAddress: compileInternalAddresses(undefined, envoy119.http),
  clientCert: { mode: 'sanitize', details: NO_DETAILS },
  generatesRequestId: true,
  replacesEmptyRequestId: false,
  preservesExternalRequestId: false,
  appendsForwardedPort: false,
  via: '',
  addedUserAgent: undefined,
  isTraced: true,
  removesOriginals: false,
};
const EDGE: RequestMutationConfig = { ...SIDECAR, forwardedFor: { ...SIDECAR.forwardedFor, usesRemoteAddress: true } };
const OUTSIDE = '203.0.113.7';
const INSIDE = '10.42.0.9';

function mutate(config: RequestMutationConfig, headers: Record<string, string>, from = INSIDE) {
  const map = HeaderMap.from(Object.entries(headers));
  const downstream: DownstreamInfo = {
    connectionId: 1,
    remoteAddress: from,
    remotePort: 1,
    localAddress: '10.42.0.5',
    localPort: 8080,
    tls: undefined,
    listener: { name: 'ingress', version: '1' },
  };
  const address = mutateRequestHeaders(map, config, {
    downstream,
    internalOnlyHeaders: ['x-secret'],
    random: createRandom('test'),
  });
  return { ...Object.fromEntries(map.entries()), address };
}

test('drops what is meant for one hop', () => {
  const hop = {
    connection: 'keep-alive, upgrade',
    upgrade: 'h2c',
    'keep-alive': '1',
    'proxy-connection': 'x',
    'transfer-encoding': 'chunked',
    te: 'gzip',
    expect: '100-continue',
  };
  expect(Object.keys(mutate(SIDECAR, hop))).toEqual([':scheme', 'x-forwarded-proto', 'x-request-id', 'address']);
  expect(mutate(SIDECAR, { te: 'trailers' })).toMatchObject({ te: 'trailers' });
});

test('the edge appends the caller to x-forwarded-for and overwrites the protocol', () => {
  const first = mutate(EDGE, { 'x-forwarded-proto': 'https' }, OUTSIDE);
  expect(first).toMatchObject({ 'x-forwarded-for': OUTSIDE, 'x-forwarded-proto': 'http', address: OUTSIDE });
  expect(mutate(EDGE, { 'x-forwarded-for': '1.1.1.1' }, OUTSIDE)).toMatchObject({
    'x-forwarded-for': `1.1.1.1,${OUTSIDE}`,
    address: OUTSIDE,
  });
  expect(mutate(EDGE, {}, '127.0.0.1')).toMatchObject({ 'x-forwarded-for': '10.42.0.5' });
});

test('what callers outside claim to be the original path and host goes no further, in releases that see to it', () => {
  const claims = { 'x-envoy-original-path': '/claimed', 'x-envoy-original-host': 'claimed.example' };
  expect(mutate(EDGE, claims, OUTSIDE)).toMatchObject(claims);
  const careful = { ...EDGE, removesOriginals: true };
  expect(Object.keys(mutate(careful, claims, OUTSIDE)).filter((name) => name in claims)).toEqual([]);
  expect(mutate(careful, claims)).toMatchObject(claims);
});

test('the edge trusts as many hops as it is told', () => {
  const trusting = { ...EDGE, forwardedFor: { ...EDGE.forwardedFor, trustedHops: 1 } };
  const result = mutate(trusting, { 'x-forwarded-for': '6.6.6.6,1.1.1.1', 'x-forwarded-proto': 'https' }, OUTSIDE);
  expect(result).toMatchObject({
    address: '1.1.1.1',
    'x-forwarded-proto': 'https',
    'x-envoy-external-address': '1.1.1.1',
  });
});

test('a sidecar keeps x-forwarded-for and sets the protocol only if it is absent', () => {
  expect(mutate(SIDECAR, { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https' })).toMatchObject({
    'x-forwarded-for': '1.1.1.1',
    'x-forwarded-proto': 'https',
    ':scheme': 'https',
    address: '1.1.1.1',
  });
  expect(mutate(SIDECAR, {})).toMatchObject({ 'x-forwarded-proto': 'http', address: INSIDE });
});

const testInternal = (
  name: string,
  config: RequestMutationConfig,
  headers: Record<string, string>,
  options: { from?: string; isInternal: boolean },
) =>
  test(`${name} counts as ${options.isInternal ? 'internal' : 'external'}`, () => {
    const result = mutate(
      config,
      { ...headers, 'x-envoy-internal': 'claimed', 'x-envoy-retry-on': '5xx', 'x-secret': '1' },
      options.from,
    );
    expect(result['x-envoy-internal' as keyof typeof result]).toBe(options.isInternal ? 'true' : undefined);
    expect('x-envoy-retry-on' in result).toBe(options.isInternal);
    expect('x-secret' in result).toBe(options.isInternal);
  });

testInternal('a private caller at the edge', EDGE, {}, { isInternal: true });
testInternal('a public caller at the edge', EDGE, {}, { from: OUTSIDE, isInternal: false });
testInternal('a private caller behind another', EDGE, { 'x-forwarded-for': '10.0.0.1' }, { isInternal: false });
testInternal(
  'a private address passed to a sidecar',
  SIDECAR,
  { 'x-forwarded-for': '10.42.5.1' },
  { isInternal: true },
);
testInternal('a public address passed to a sidecar', SIDECAR, { 'x-forwarded-for': OUTSIDE }, { isInternal: false });
testInternal(
  'two addresses passed to a sidecar',
  SIDECAR,
  { 'x-forwarded-for': '10.0.0.1,10.0.0.2' },
  { isInternal: false },
);
testInternal('a caller of a sidecar without the header', SIDECAR, {}, { isInternal: false });

const testRequestId = (name: string, config: RequestMutationConfig, options: { from?: string; isKept: boolean }) =>
  test(`${name} ${options.isKept ? 'keeps its' : 'gets a new'} request id`, () => {
    expect(mutate(config, { 'x-request-id': 'mine' }, options.from)['x-request-id' as 'address'] === 'mine').toBe(
      options.isKept,
    );
  });

testRequestId('an internal caller at the edge', EDGE, { isKept: true });
testRequestId('an external caller at the edge', EDGE, { from: OUTSIDE, isKept: false });
testRequestId(
  'a caller whose id is to be preserved',
  { ...EDGE, preservesExternalRequestId: true },
  { from: OUTSIDE, isKept: true },
);
testRequestId('a caller of a sidecar', SIDECAR, { from: OUTSIDE, isKept: true });

test('generates a request id, unless told not to', () => {
  expect(mutate(SIDECAR, {})).toMatchObject({ 'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
  expect(mutate({ ...SIDECAR, generatesRequestId: false }, {})).not.toHaveProperty('x-request-id');
});

test('consumes what the previous proxy said about itself', () => {
  const result = mutate(SIDECAR, {
    'x-envoy-decorator-operation': 'a',
    'x-envoy-peer-metadata': 'b',
    'x-envoy-peer-metadata-id': 'c',
    'x-envoy-attempt-count': '1',
  });
  expect(Object.keys(result)).toEqual([
    ':scheme',
    'x-envoy-attempt-count',
    'x-forwarded-proto',
    'x-request-id',
    'address',
  ]);
});

test('goes by the ranges of the listener where it has some', () => {
  const isInternal = compileInternalAddresses(
    [{ $typeName: 'envoy.config.core.v3.CidrRange', addressPrefix: '100.64.0.0', prefixLen: 10 }],
    envoy119.http,
  );
  expect([isInternal('100.64.1.1'), isInternal('100.128.0.1'), isInternal('10.0.0.1'), isInternal('junk')]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(() =>
    compileInternalAddresses([{ $typeName: 'envoy.config.core.v3.CidrRange', addressPrefix: 'x' }], envoy119.http),
  ).toThrow('malformed IP address: x/0');
});

const OWN = `By=${MESH_TLS.localUriSans[0]};Hash=${MESH_TLS.peer?.hash};Subject="";URI=${MESH_TLS.peer?.uriSans[0]}`;

const testXfcc = (mode: ForwardedClientCertMode, tls: typeof MESH_TLS | undefined, result: string | undefined) =>
  test(`x-forwarded-client-cert: ${mode} ${tls === undefined ? 'without' : 'with'} a client certificate`, () => {
    const headers = HeaderMap.from([['x-forwarded-client-cert', 'Hash=old']]);
    forwardClientCert(headers, tls, { mode, details: { ...NO_DETAILS, subject: true, uri: true, dns: true } });
    expect(headers.get('x-forwarded-client-cert')).toBe(result);
  });

testXfcc('sanitize', MESH_TLS, undefined);
testXfcc('forward-only', MESH_TLS, 'Hash=old');
testXfcc('append-forward', MESH_TLS, `Hash=old,${OWN}`);
testXfcc('sanitize-set', MESH_TLS, OWN);
testXfcc('always-forward-only', MESH_TLS, 'Hash=old');
testXfcc('sanitize', undefined, undefined);
testXfcc('forward-only', undefined, undefined);
testXfcc('append-forward', undefined, undefined);
testXfcc('sanitize-set', undefined, undefined);
testXfcc('always-forward-only', undefined, 'Hash=old');

test('x-forwarded-client-cert: shows every part in a fixed order', () => {
  const headers = HeaderMap.empty();
  const peer = {
    hash: 'ab',
    subject: 'CN=c',
    uriSans: ['u:1', 'u:2'],
    dnsSans: ['a', 'b'],
    pem: '-----B C-----\n+/=',
    chainPem: 'x\n',
  };
  forwardClientCert(
    headers,
    { ...MESH_TLS, peer },
    { mode: 'sanitize-set', details: { subject: true, cert: true, chain: true, uri: true, dns: true } },
  );
  expect(headers.get('x-forwarded-client-cert')).toBe(
    `By=${MESH_TLS.localUriSans[0]};Hash=ab;Cert="-----B%20C-----%0A%2B%2F%3D";Chain="x%0A";Subject="CN=c";URI=u:1;URI=u:2;DNS=a;DNS=b`,
  );
});

const testHost = (
  stripping: HostPortStripping,
  authority: string,
  result: string,
  options: { method?: string; stripsTrailingDot?: boolean } = {},
) =>
  test(`host: stripping ${stripping} of ${options.method ?? 'GET'} ${authority} gives ${result}`, () => {
    const headers = HeaderMap.from([
      [':method', options.method ?? 'GET'],
      [':authority', authority],
    ]);
    normalizeHost(headers, 8080, { stripping, stripsTrailingDot: options.stripsTrailingDot ?? false });
    expect(headers.get(':authority')).toBe(result);
  });

testHost('none', 'a.com:9080', 'a.com:9080');
testHost('any', 'a.com:9080', 'a.com');
testHost('any', 'a.com', 'a.com');
testHost('any', '[::1]:9080', '[::1]');
testHost('any', '[::1]', '[::1]');
testHost('any', 'a.com:', 'a.com:');
testHost('any', 'a.com:x', 'a.com:x');
testHost('any', 'a.com:9080', 'a.com:9080', { method: 'CONNECT' });
testHost('matching', 'a.com:8080', 'a.com');
testHost('matching', 'a.com:9080', 'a.com:9080');
testHost('none', 'a.com.:80', 'a.com:80', { stripsTrailingDot: true });

const PLAIN_PATH: PathOptions = { normalizes: false, mergesSlashes: false, escapedSlashes: 'keep' };

const testPath = (path: string, options: Partial<PathOptions>, [result, verdict]: [string, string]) =>
  test(`path: ${path} with ${JSON.stringify(options)} gives ${result}`, () => {
    const headers = HeaderMap.from([[':path', path]]);
    expect([normalizePath(headers, { ...PLAIN_PATH, ...options }), headers.get(':path')]).toEqual([verdict, result]);
  });

testPath('/a/../b/./c//d', {}, ['/a/../b/./c//d', 'ok']);
testPath('/a/../b/./c//d?x=/../', { normalizes: true }, ['/b/c//d?x=/../', 'ok']);
testPath('/a/..', { normalizes: true }, ['/', 'ok']);
testPath('/../a\\b/%2e%2e/%41%2d%7b c', { normalizes: true }, ['/a/A-%7b%20c', 'ok']);
testPath('/a%2Fb', { normalizes: true }, ['/a%2Fb', 'ok']);
testPath('//a///b', { mergesSlashes: true }, ['/a/b', 'ok']);
testPath('/a%2fb', { escapedSlashes: 'reject' }, ['/a%2fb', 'reject']);
testPath('/a%2fb?%2f', { escapedSlashes: 'unescape-and-forward' }, ['/a/b?%2f', 'ok']);
testPath('/a%5Cb', { escapedSlashes: 'unescape-and-redirect', normalizes: true }, ['/a/b', 'redirect']);
