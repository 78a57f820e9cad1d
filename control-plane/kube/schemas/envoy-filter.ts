import { z } from 'zod';
import { networkingVersion, objectMetadata, stringMap, unchecked, unsupported } from './common.ts';

/** What this control plane can patch. `BOOTSTRAP` and `WASM` are not among them. */
export const PATCH_TARGETS = [
  'LISTENER',
  'LISTENER_FILTER',
  'FILTER_CHAIN',
  'NETWORK_FILTER',
  'HTTP_FILTER',
  'ROUTE_CONFIGURATION',
  'VIRTUAL_HOST',
  'HTTP_ROUTE',
  'CLUSTER',
  'EXTENSION_CONFIG',
] as const;

const listenerMatch = z.strictObject({
  name: z.string().optional(),
  portNumber: z.int().optional(),
  portName: unchecked,
  listenerFilter: z.string().optional(),
  filterChain: z
    .strictObject({
      name: z.string().optional(),
      sni: z.string().optional(),
      transportProtocol: z.string().optional(),
      applicationProtocols: z.string().optional(),
      destinationPort: z.int().optional(),
      filter: z
        .strictObject({
          name: z.string().optional(),
          subFilter: z.strictObject({ name: z.string().optional() }).optional(),
        })
        .optional(),
    })
    .optional(),
});

const routeConfigurationMatch = z.strictObject({
  name: z.string().optional(),
  portNumber: z.int().optional(),
  portName: z.string().optional(),
  gateway: z.string().optional(),
  vhost: z
    .strictObject({
      name: z.string().optional(),
      domainName: unsupported(),
      route: z
        .strictObject({
          name: z.string().optional(),
          action: z.enum(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE']).optional(),
        })
        .optional(),
    })
    .optional(),
});

const clusterMatch = z.strictObject({
  name: z.string().optional(),
  service: z.string().optional(),
  subset: z.string().optional(),
  portNumber: z.int().optional(),
});

const match = z.strictObject({
  context: z.enum(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY']).optional(),
  proxy: z.strictObject({ proxyVersion: z.string().optional(), metadata: stringMap.optional() }).optional(),
  listener: listenerMatch.optional(),
  routeConfiguration: routeConfigurationMatch.optional(),
  cluster: clusterMatch.optional(),
  waypoint: unsupported(),
});

const configPatch = z.strictObject({
  applyTo: z.enum(PATCH_TARGETS),
  match: match.optional(),
  patch: z.strictObject({
    operation: z.enum(['ADD', 'INSERT_FIRST', 'INSERT_BEFORE', 'INSERT_AFTER', 'MERGE', 'REPLACE', 'REMOVE']),
    /** Proto JSON of the Envoy message that `applyTo` names. */
    value: z.record(z.string(), z.unknown()).optional(),
    filterClass: unchecked,
  }),
});

export const envoyFilterSchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('EnvoyFilter'),
  metadata: objectMetadata,
  spec: z.strictObject({
    workloadSelector: z.strictObject({ labels: stringMap.optional() }).optional(),
    priority: z.int().optional(),
    configPatches: z.array(configPatch).optional(),
    targetRefs: unsupported(),
  }),
  status: unchecked,
});

export type ConfigPatch = z.output<typeof configPatch>;
export type PatchMatch = z.output<typeof match>;
