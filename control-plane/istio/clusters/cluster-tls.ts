import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  RawBufferSchema,
  type Cluster_TransportSocketMatchSchema,
  type UpstreamHttpProtocolOptionsSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import type { ClientTlsSettings } from '../../kube/schemas/destination-rule.ts';
import type { EffectiveRule } from '../destination-rules.ts';
import type { MeshPort, MeshService } from '../mesh-service.ts';
import type { MeshView } from '../mesh-view.ts';
import { outboundSni } from '../names.ts';
import type { Proxy } from '../proxy.ts';
import { findServiceIdentities } from '../service-endpoints.ts';
import { createMeshTlsSocket, type TransportSocketInit } from '../tls-contexts.ts';
import { createAutoSni, createUpstreamTlsSocket } from './upstream-tls.ts';

export interface ClusterTlsParts {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string;
  readonly isHttp2: boolean;
  readonly proxy: Proxy;
  readonly view: MeshView;
  readonly rule: EffectiveRule | undefined;
  /** Undefined: nobody asked for anything, so mTLS is used where endpoints can. */
  readonly settings: ClientTlsSettings | undefined;
}

export interface ClusterTls {
  /** For every connection. */
  readonly socket?: TransportSocketInit;
  /** Chosen by what the endpoint says of itself. */
  readonly matches: MessageInitShape<typeof Cluster_TransportSocketMatchSchema>[];
  readonly autoSni?: MessageInitShape<typeof UpstreamHttpProtocolOptionsSchema> | undefined;
}

const PLAIN: ClusterTls = { matches: [] };

/** Decides how connections of a cluster are protected (istio `cluster_tls.go`). */
export function planClusterTls(parts: ClusterTlsParts): ClusterTls {
  const { service, settings, isHttp2, view } = parts;
  if (settings === undefined) return planAutoMtls(parts);
  switch (settings.mode ?? 'DISABLE') {
    case 'DISABLE':
      return PLAIN;
    case 'ISTIO_MUTUAL':
      return { matches: [], socket: createMeshSocket(parts, settings) };
    case 'SIMPLE':
    case 'MUTUAL': {
      if (isOutOfReach(parts)) return PLAIN;
      const { features } = view.settings;
      const subjectAltNames = service.registry === 'external' ? findServiceIdentities(service, view) : [];
      return {
        matches: [],
        socket: createUpstreamTlsSocket({ settings, subjectAltNames, isHttp2, features }),
        autoSni: createAutoSni({ settings, features }),
      };
    }
  }
}

/** A sidecar has no access to credentials, unless the rule chooses its workload: it calls in plain text (istio/istio#31738). */
function isOutOfReach({ settings, proxy, rule }: ClusterTlsParts): boolean {
  return settings?.credentialName !== undefined && proxy.type === 'sidecar' && rule?.isForWorkloads !== true;
}

/** Endpoints that say `tlsMode: istio` are called with mTLS, all others in plain text. */
function planAutoMtls(parts: ClusterTlsParts): ClusterTls {
  const { service, proxy } = parts;
  if (service.isMeshExternal || (service.resolution === 'none' && proxy.type === 'sidecar')) return PLAIN;
  return {
    matches: [
      { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: createMeshSocket(parts, {}) },
      {
        name: 'tlsMode-disabled',
        match: {},
        transportSocket: {
          name: 'envoy.transport_sockets.raw_buffer',
          configType: { case: 'typedConfig', value: packAny(RawBufferSchema) },
        },
      },
    ],
  };
}

function createMeshSocket(
  { service, port, subset, isHttp2, view }: ClusterTlsParts,
  { sni, subjectAltNames = [] }: ClientTlsSettings,
): TransportSocketInit {
  return createMeshTlsSocket({
    sni: sni ?? outboundSni(port.number, subset, service.hostname),
    identities: subjectAltNames.length > 0 ? subjectAltNames : findServiceIdentities(service, view),
    isHttp2,
  });
}
