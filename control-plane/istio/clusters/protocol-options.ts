import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { HttpProtocolOptionsSchema, type UpstreamHttpProtocolOptionsSchema } from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import type { ConnectionPool } from '../../kube/schemas/destination-rule.ts';
import type { MeshPort } from '../mesh-service.ts';
import type { Proxy } from '../proxy.ts';
import { translateHttpPool } from './connection-pool.ts';

type ProtocolOptions = NonNullable<
  Exclude<MessageInitShape<typeof HttpProtocolOptionsSchema>, { $typeName: string }>['upstreamProtocolOptions']
>;

export interface ProtocolOptionsParts {
  readonly port: MeshPort;
  readonly proxy: Proxy;
  readonly pool: ConnectionPool | undefined;
  readonly autoSni: MessageInitShape<typeof UpstreamHttpProtocolOptionsSchema> | undefined;
}

/** How HTTP is spoken to a port; undefined when nothing differs from Envoy's HTTP/1.1. */
export function createProtocolOptions({ port, proxy, pool, autoSni }: ProtocolOptionsParts): Any | undefined {
  const common = translateHttpPool(pool);
  const protocol = chooseProtocol(port, proxy, pool);
  if (protocol === undefined && common === undefined && autoSni === undefined) return undefined;
  return packAny(HttpProtocolOptionsSchema, {
    ...(common && { commonHttpProtocolOptions: common }),
    ...(autoSni && { upstreamHttpProtocolOptions: autoSni }),
    upstreamProtocolOptions: protocol ?? HTTP1,
  });
}

/** Whether requests go out as HTTP/2. Who asks for the upgrade is taken at his word whatever the port's protocol (istio `cluster_traffic_policy.go`). */
export function isHttp2({ protocol }: MeshPort, pool: ConnectionPool | undefined): boolean {
  const { h2UpgradePolicy, useClientProtocol = false } = pool?.http ?? {};
  return protocol === 'http2' || (h2UpgradePolicy === 'UPGRADE' && !useClientProtocol);
}

const HTTP1: ProtocolOptions = {
  case: 'explicitHttpConfig',
  value: { protocolConfig: { case: 'httpProtocolOptions', value: {} } },
};

function createHttp2(pool: ConnectionPool | undefined): ProtocolOptions {
  const { maxConcurrentStreams = 0 } = pool?.http ?? {};
  const value = maxConcurrentStreams > 0 ? { maxConcurrentStreams } : {};
  return { case: 'explicitHttpConfig', value: { protocolConfig: { case: 'http2ProtocolOptions', value } } };
}

const AS_SPOKEN_TO: ProtocolOptions = {
  case: 'useDownstreamProtocolConfig',
  value: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
};

/** HTTP/2 where the port says so; a sidecar speaks to an unnamed port what it was spoken to. */
function chooseProtocol(port: MeshPort, proxy: Proxy, pool: ConnectionPool | undefined): ProtocolOptions | undefined {
  if (pool?.http?.useClientProtocol === true) return AS_SPOKEN_TO;
  if (isHttp2(port, pool)) return createHttp2(pool);
  return port.protocol === 'auto' && proxy.type === 'sidecar' ? AS_SPOKEN_TO : undefined;
}
