import { z } from 'zod';
import { networkingVersion, objectMetadata, stringMap, unchecked, unsupported } from './common.ts';

export const sidecarSchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('Sidecar'),
  metadata: objectMetadata,
  spec: z.strictObject({
    workloadSelector: z.strictObject({ labels: stringMap.optional() }).optional(),
    egress: z
      .array(
        z.strictObject({
          /** `namespace/host`, with `.`, `*` and `~` as namespaces. */
          hosts: z.array(z.string().regex(/^[^/]+\/[^/]+$/, 'must be "namespace/host"')).min(1, 'must name a host'),
          port: unsupported(),
          bind: unsupported(),
          captureMode: unsupported(),
        }),
      )
      .optional(),
    ingress: unsupported(),
    outboundTrafficPolicy: z
      .strictObject({ mode: z.enum(['ALLOW_ANY', 'REGISTRY_ONLY']).optional(), egressProxy: unsupported() })
      .optional(),
    inboundConnectionPool: unsupported(),
  }),
  status: unchecked,
});
