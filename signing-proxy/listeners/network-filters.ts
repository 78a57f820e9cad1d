import { anyUnpack, type Any } from '@bufbuild/protobuf/wkt';
import { getTypeName } from '#xds/any-registry.ts';
import {
  HttpConnectionManagerSchema,
  NetworkRbacSchema,
  TcpProxySchema,
  TypedStructSchema,
  UdpaTypedStructSchema,
  type Filter,
  type HttpConnectionManager,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { createHttpConnectionManager } from '../http/connection-manager.ts';
import { getFetchTimeoutMs } from '../resources/fetch-timeout.ts';
import { unpackConfig } from '../resources/unpack-config.ts';
import { isIgnoredNetworkFilter } from './ignored-network-filters.ts';
import { guardWithRbac } from './network-rbac.ts';
import { createTcpProxy } from './tcp-proxy.ts';
import type { NetworkFilter } from './types.ts';

/** The filters of one chain, made ready to serve. */
export interface CompiledFilters {
  readonly terminal: NetworkFilter;
  /** Route tables that must be there first, with how long to wait for each. */
  readonly routes: readonly RouteNeed[];
}

export interface RouteNeed {
  readonly name: string;
  /** 0 waits for ever. */
  readonly fetchTimeoutMs: number;
}

const HTTP_CONNECTION_MANAGER: string = HttpConnectionManagerSchema.typeName;
const TCP_PROXY: string = TcpProxySchema.typeName;
const RBAC: string = NetworkRbacSchema.typeName;
const SNI_CLUSTER = 'envoy.extensions.filters.network.sni_cluster.v3.SniCluster';
const TERMINAL = new Set([HTTP_CONNECTION_MANAGER, TCP_PROXY]);

/**
 * Compiles a chain of network filters.
 *
 * @throws ConfigError for an unknown filter, a misplaced terminal filter, or whatever a filter refuses
 */
export function compileNetworkFilters(filters: readonly Filter[], context: ProxyContext): CompiledFilters {
  const typed = filters.map((filter) => ({ filter, config: getTypedConfig(filter) }));
  for (const { filter, config } of typed) checkType(filter, config);
  checkOrder(typed.map(({ filter, config }) => ({ name: filter.name, isTerminal: TERMINAL.has(typeOf(config)) })));
  for (const { filter, config } of typed) {
    if (isIgnoredNetworkFilter(typeOf(config)))
      context.log.debug('config', `network filter ${filter.name} is accepted and has no effect`);
  }
  const configs = typed.map(({ config }) => config);
  const { terminal, routes } = compileTerminal(configs, context);
  // The first filter of the chain is the outermost guard.
  const rules = configs.filter((config) => typeOf(config) === RBAC).toReversed();
  const guard = (guarded: NetworkFilter, config: Any) =>
    guardWithRbac(unpackConfig(config, NetworkRbacSchema), guarded, context);
  return { terminal: rules.reduce(guard, terminal), routes };
}

function compileTerminal(configs: readonly Any[], context: ProxyContext): CompiledFilters {
  const last = configs.at(-1);
  if (last === undefined) throw new ConfigError('no filters in the filter chain: a terminal filter is needed');
  if (typeOf(last) === HTTP_CONNECTION_MANAGER) {
    const manager = unpackConfig(last, HttpConnectionManagerSchema);
    return { terminal: createHttpConnectionManager(manager, context), routes: listRoutes(manager) };
  }
  const usesSniAsCluster = configs.some((config) => typeOf(config) === SNI_CLUSTER);
  return { terminal: createTcpProxy(unpackConfig(last, TcpProxySchema), context, { usesSniAsCluster }), routes: [] };
}

function getTypedConfig({ name, configType }: Filter): Any {
  if (configType.case === 'typedConfig') return configType.value;
  if (configType.case === 'configDiscovery')
    throw new ConfigError(`Error: filter ${name} uses config_discovery, which is not supported`);
  throw new ConfigError(`Didn't find a registered implementation for name: '${name}'`);
}

function checkType({ name }: Filter, config: Any): void {
  const type = typeOf(config);
  if (TERMINAL.has(type) || isIgnoredNetworkFilter(type) || type === SNI_CLUSTER || type === RBAC) return;
  throw new ConfigError(`Didn't find a registered implementation for '${name}' with type URL: '${type}'`);
}

/** The words are Envoy's (envoy source/common/config/utility.cc, validateTerminalFilters). */
function checkOrder(filters: readonly { readonly name: string; readonly isTerminal: boolean }[]): void {
  for (const [index, { name, isTerminal }] of filters.entries()) {
    const isLast = index === filters.length - 1;
    if (isTerminal && !isLast)
      throw new ConfigError(
        `Error: terminal filter named ${name} of type ${name} must be the last filter in a network filter chain.`,
      );
    if (!isTerminal && isLast)
      throw new ConfigError(
        `Error: non-terminal filter named ${name} of type ${name} is the last filter in a network filter chain.`,
      );
  }
}

/** The type a policy applies to: that inside a TypedStruct, where there is one. */
function typeOf(config: Any): string {
  const name = getTypeName(config);
  if (name === TypedStructSchema.typeName) return getTypeName(anyUnpack(config, TypedStructSchema) ?? config);
  if (name === UdpaTypedStructSchema.typeName) return getTypeName(anyUnpack(config, UdpaTypedStructSchema) ?? config);
  return name;
}

function listRoutes({ routeSpecifier }: HttpConnectionManager): RouteNeed[] {
  if (routeSpecifier.case !== 'rds') return [];
  const { routeConfigName: name, configSource } = routeSpecifier.value;
  return [{ name, fetchTimeoutMs: getFetchTimeoutMs(configSource) }];
}
