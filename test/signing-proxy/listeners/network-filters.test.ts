import { describe, expect, test } from 'vitest';
import { compileNetworkFilters } from '#signing-proxy/listeners/network-filters.ts';
import { FilterChainSchema } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { createTestContext, logTexts, type TestContext } from '../support/proxy-context.ts';
import { ads, filter, httpManager, tcpProxy } from '../support/resources.ts';

const compile = (filters: readonly object[], context: TestContext = createTestContext()) =>
  compileNetworkFilters(fromProtoJson(FilterChainSchema, { filters }).filters, context);

const typedStruct = (typeUrl: string) => filter('inner', 'udpa.type.v1.TypedStruct', { typeUrl, value: {} });

/** A filter whose type this program has no message for, as its wire form has it. */
function unknownType(name: string, typeUrl: string, context?: TestContext) {
  const chain = fromProtoJson(FilterChainSchema, {
    filters: [filter(name, 'google.protobuf.Empty', {}), tcpProxy('app')],
  });
  const config = chain.filters[0]?.configType;
  if (config?.case === 'typedConfig') config.value.typeUrl = typeUrl;
  return compileNetworkFilters(chain.filters, context ?? createTestContext());
}

describe('a chain of network filters', () => {
  test('asks for the route table that its connection manager names', () => {
    const routed = httpManager({
      rds: { routeConfigName: 'http.8080', configSource: ads({ initialFetchTimeout: '5s' }) },
    });
    expect(compile([routed]).routes).toEqual([{ name: 'http.8080', fetchTimeoutMs: 5000 }]);
    expect(compile([tcpProxy('app')]).routes).toEqual([]);
  });

  test.each([
    'type.googleapis.com/envoy.tcp.metadataexchange.config.MetadataExchange',
    'type.googleapis.com/stats.PluginConfig',
  ])('accepts %s, which has no effect, and says so at debug', (typeUrl) => {
    const context = createTestContext({ logLevels: 'debug' });
    expect(unknownType('istio.something', typeUrl, context).routes).toEqual([]);
    expect(logTexts(context, 'config')).toEqual(['network filter istio.something is accepted and has no effect']);
  });

  test('looks into a TypedStruct', () => {
    expect(compile([typedStruct('type.googleapis.com/stats.PluginConfig'), tcpProxy('app')]).routes).toEqual([]);
    expect(() => compile([typedStruct('type.googleapis.com/some.Filter'), tcpProxy('app')])).toThrow(
      "'inner' with type URL: 'some.Filter'",
    );
  });

  test('never skips an authorisation filter', () => {
    const typeUrl = 'type.googleapis.com/envoy.extensions.filters.network.ext_authz.v3.ExtAuthz';
    expect(() => unknownType('envoy.filters.network.ext_authz', typeUrl)).toThrow(
      "Didn't find a registered implementation for 'envoy.filters.network.ext_authz'",
    );
  });

  test('refuses a terminal filter before another', () => {
    expect(() => compile([tcpProxy('app'), tcpProxy('app')])).toThrow(
      'Error: terminal filter named envoy.filters.network.tcp_proxy of type envoy.filters.network.tcp_proxy must be the last filter in a network filter chain.',
    );
  });

  test('refuses a chain that leads nowhere', () => {
    const exchange = filter('sni', 'envoy.extensions.filters.network.sni_cluster.v3.SniCluster', {});
    expect(() => compile([exchange])).toThrow(
      'Error: non-terminal filter named sni of type sni is the last filter in a network filter chain.',
    );
  });

  test('refuses a value that breaks a rule of the proto', () => {
    expect(() => compile([httpManager({ statPrefix: '', routeConfig: { name: 'a' } })])).toThrow(
      /^Proto constraint validation failed \(HttpConnectionManagerValidationError\.StatPrefix: /,
    );
  });

  test('refuses a filter that is to be discovered', () => {
    const discovered = { name: 'later', configDiscovery: { configSource: ads(), typeUrls: ['a'] } };
    expect(() => compile([discovered, tcpProxy('app')])).toThrow(
      'Error: filter later uses config_discovery, which is not supported',
    );
  });
});
