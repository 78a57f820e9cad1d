import { create } from '@bufbuild/protobuf';
import type { Clock } from '#core/clock.ts';
import { MeshrigError } from '#core/errors.ts';
import { createHostNetwork } from '#core/host-network.ts';
import type { Address } from '#core/address.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import { startProxy, type Proxy } from '#signing-proxy/proxy.ts';
import { StaticResourceError } from '#signing-proxy/resources/static-resources.ts';
import { createLocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';
import {
  NodeSchema,
  type Address as ConfigAddress,
  type ApiConfigSource,
  type Bootstrap,
  type ConfigSource,
} from '#xds/generated/messages.js';
import { CLUSTER_TYPE, LISTENER_TYPE } from '#xds/resource-types.ts';
import { hostFiles } from './host-files.ts';
import type { BootstrapFile } from './read-bootstrap.ts';
import { readRuntimeFlags } from './read-runtime-flags.ts';

export interface BootstrappedProxyOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly dialect: string;
  readonly logLevel: string;
  readonly drainMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
  readonly onAccessLog: (line: string) => void;
}

/**
 * Starts a data plane on this machine's own network, as a bootstrap says: its static resources, ADS, and the admin endpoint.
 *
 * @throws MeshrigError `INVALID_CONFIG` with the place in the file, `PORT_IN_USE`
 */
export async function startBootstrappedProxy(
  { bootstrap, source }: BootstrapFile,
  options: BootstrappedProxyOptions,
): Promise<Proxy> {
  const discovery = compileDiscovery(bootstrap, source);
  const admin = findAddress(bootstrap.admin?.address);
  if (bootstrap.admin?.address !== undefined && admin === undefined)
    throw new MeshrigError('INVALID_CONFIG', 'the admin endpoint needs a socket_address with a port', {
      location: source.locateValue(['admin', 'address']),
    });
  const { node = create(NodeSchema), staticResources } = bootstrap;
  try {
    return await startProxy({
      ...options,
      ...discovery,
      ...(admin && { admin }),
      ...(staticResources && { staticResources }),
      name: node.id === '' ? 'proxy' : node.id,
      node,
      network: createHostNetwork(options.clock),
      zone: 'host',
      podZone: 'host',
      // Wildcard listeners are bound as they are written: it is the file's owner who opens them to the network.
      address: '0.0.0.0',
      files: hostFiles,
      runtimeFlags: readRuntimeFlags(bootstrap),
      secrets: createLocalSecrets(),
    });
  } catch (error) {
    if (!(error instanceof StaticResourceError)) throw error;
    const path = ['static_resources', error.list, error.index];
    throw new MeshrigError('INVALID_CONFIG', error.message, { location: source.locateValue(path), cause: error });
  }
}

interface Discovery {
  readonly controlPlane: Address | { readonly cluster: string } | undefined;
  readonly discoveredTypes: readonly string[];
}

function compileDiscovery({ dynamicResources }: Bootstrap, source: BootstrapFile['source']): Discovery {
  const refuse = (path: readonly string[], text: string): never => {
    throw new MeshrigError('INVALID_CONFIG', text, { location: source.locateValue(['dynamic_resources', ...path]) });
  };
  if (dynamicResources === undefined) return { controlPlane: undefined, discoveredTypes: [] };
  const { adsConfig, cdsConfig, ldsConfig } = dynamicResources;
  const isAds = (config: ConfigSource | undefined) => config?.configSourceSpecifier.case === 'ads';
  if (cdsConfig !== undefined && !isAds(cdsConfig)) refuse(['cds_config'], 'cds_config has to be "ads: {}"');
  if (ldsConfig !== undefined && !isAds(ldsConfig)) refuse(['lds_config'], 'lds_config has to be "ads: {}"');
  const discoveredTypes = [
    ...(cdsConfig === undefined ? [] : [CLUSTER_TYPE]),
    ...(ldsConfig === undefined ? [] : [LISTENER_TYPE]),
  ];
  if (adsConfig === undefined) {
    if (discoveredTypes.length > 0) refuse([], 'resources come from ADS, but there is no ads_config');
    return { controlPlane: undefined, discoveredTypes };
  }
  const controlPlane =
    findControlPlane(adsConfig) ??
    refuse(['ads_config'], 'ads_config needs grpc_services with envoy_grpc.cluster_name or google_grpc.target_uri');
  return { controlPlane, discoveredTypes };
}

function findControlPlane({ grpcServices }: ApiConfigSource): Discovery['controlPlane'] {
  const target = grpcServices[0]?.targetSpecifier;
  if (target?.case === 'envoyGrpc') return { cluster: target.value.clusterName };
  const uri = target?.case === 'googleGrpc' ? /^(?:dns:\/*)?(.+):(\d+)$/.exec(target.value.targetUri) : null;
  return uri === null ? undefined : { host: uri[1] ?? '', port: Number(uri[2]) };
}

function findAddress(config: ConfigAddress | undefined): Address | undefined {
  const socket = config?.address;
  if (socket?.case !== 'socketAddress' || socket.value.portSpecifier.case !== 'portValue') return undefined;
  return { host: socket.value.address, port: socket.value.portSpecifier.value };
}
