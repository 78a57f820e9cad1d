import { z } from 'zod';
import { objectMetadata, stringMap, unchecked, unsupported } from './common.ts';

const provider = z.strictObject({
  /** The one that every mesh has: the output of proxies. */
  name: z.string().refine((name) => name === 'envoy', 'must be "envoy": this control plane knows no other provider'),
});

const accessLogging = z.strictObject({
  /** Left out, for what a proxy sends and for what it receives. */
  match: z.strictObject({ mode: z.enum(['CLIENT_AND_SERVER', 'CLIENT', 'SERVER']).optional() }).optional(),
  providers: z.array(provider).optional(),
  disabled: z.boolean().optional(),
  filter: unsupported(),
});

export const telemetrySchema = z.strictObject({
  apiVersion: z.enum(['telemetry.istio.io/v1alpha1', 'telemetry.istio.io/v1']),
  kind: z.literal('Telemetry'),
  metadata: objectMetadata,
  spec: z
    .strictObject({
      selector: z.strictObject({ matchLabels: stringMap.optional() }).optional(),
      accessLogging: z.array(accessLogging).optional(),
      /** Statistics and spans: no request goes another way for them. */
      metrics: unchecked,
      tracing: unchecked,
      targetRef: unsupported(),
      targetRefs: unsupported(),
    })
    .optional(),
  status: unchecked,
});

export type AccessLogging = z.output<typeof accessLogging>;
