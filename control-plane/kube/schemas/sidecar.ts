import { z } from 'zod';
import {
  ipAddress,
  networkingVersion,
  objectMetadata,
  portNumber,
  stringMap,
  unchecked,
  unsupported,
} from './common.ts';

const sidecarPort = z.strictObject({
  number: portNumber,
  protocol: z.enum(['GRPC', 'GRPC-WEB', 'HTTP', 'HTTP2', 'HTTPS', 'MONGO', 'MYSQL', 'REDIS', 'TCP', 'TLS']),
  name: z.string().optional(),
  targetPort: unsupported(),
});

/** `IPTABLES` is what pods have anyway; with `NONE` the proxy itself listens there. */
const captureMode = z.enum(['DEFAULT', 'IPTABLES', 'NONE']);

const egressListener = z
  .strictObject({
    /** `namespace/host`, with `.`, `*` and `~` as namespaces. */
    hosts: z.array(z.string().regex(/^[^/]+\/[^/]+$/, 'must be "namespace/host"')).min(1, 'must name a host'),
    /** Left out, the hosts are for every port that no other listener has. */
    port: sidecarPort.optional(),
    bind: ipAddress.optional(),
    captureMode: captureMode.optional(),
  })
  .superRefine(({ port, bind, captureMode: mode = 'DEFAULT' }, context) => {
    const refuse = (field: string): void =>
      context.addIssue({ code: 'custom', path: [field], message: 'is not supported without "port"' });
    if (port === undefined && bind !== undefined) refuse('bind');
    if (port === undefined && mode === 'NONE') refuse('captureMode');
  });

const ingressListener = z.strictObject({
  port: sidecarPort,
  bind: ipAddress.optional(),
  captureMode: captureMode.optional(),
  /** Left out, connections go where they were going. */
  defaultEndpoint: z
    .string()
    .regex(/^(127\.0\.0\.1|0\.0\.0\.0):\d+$/, 'must be "127.0.0.1:PORT" or "0.0.0.0:PORT"')
    .optional(),
  tls: unsupported(),
  connectionPool: unsupported(),
});

export const sidecarSchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('Sidecar'),
  metadata: objectMetadata,
  spec: z
    .strictObject({
      workloadSelector: z.strictObject({ labels: stringMap.optional() }).optional(),
      egress: z.array(egressListener).optional(),
      ingress: z.array(ingressListener).optional(),
      outboundTrafficPolicy: z
        .strictObject({ mode: z.enum(['ALLOW_ANY', 'REGISTRY_ONLY']).optional(), egressProxy: unsupported() })
        .optional(),
      inboundConnectionPool: unsupported(),
    })
    .superRefine(({ egress = [], ingress = [] }, context) => {
      const refuse = (path: (string | number)[], message: string): void =>
        context.addIssue({ code: 'custom', path, message });
      const openAt = egress.findIndex(({ port }) => port === undefined);
      if (openAt >= 0 && openAt < egress.length - 1) refuse(['egress', openAt], 'must come last, as it has no "port"');
      for (const [field, listeners] of Object.entries({ egress, ingress })) {
        const numbers = listeners.map(({ port }) => port?.number);
        const again = numbers.findIndex((number, index) => number !== undefined && numbers.indexOf(number) < index);
        if (again >= 0) refuse([field, again, 'port', 'number'], 'must not be that of another listener');
      }
    }),
  status: unchecked,
});

export type EgressListener = z.output<typeof egressListener>;
export type IngressListener = z.output<typeof ingressListener>;
