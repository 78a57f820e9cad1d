import { z } from 'zod';
import { objectMetadata, portNumber, portReference, stringMap, unchecked } from './common.ts';

export const namespaceSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Namespace'),
  metadata: objectMetadata,
  spec: unchecked,
  status: unchecked,
});

export const serviceAccountSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ServiceAccount'),
  metadata: objectMetadata,
  automountServiceAccountToken: unchecked,
  imagePullSecrets: unchecked,
  secrets: unchecked,
});

export const configMapSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  metadata: objectMetadata,
  data: stringMap.optional(),
  binaryData: stringMap.optional(),
  immutable: unchecked,
});

export const secretSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata: objectMetadata,
  type: z.string().optional(),
  /** Values in Base64. */
  data: z
    .record(
      z.string(),
      z.string().regex(/^[A-Za-z0-9+/\s]*={0,2}\s*$/, 'must be Base64; plain text goes to "stringData"'),
    )
    .optional(),
  stringData: stringMap.optional(),
  immutable: unchecked,
});

export const servicePort = z.strictObject({
  port: portNumber,
  name: z.string().optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
  appProtocol: z.string().optional(),
  targetPort: portReference.optional(),
  nodePort: unchecked,
});

export const serviceSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata: objectMetadata,
  spec: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).optional(),
    selector: stringMap.optional(),
    ports: z.array(servicePort).optional(),
    /** `None` makes the Service headless. Left out, the backend gives an address. */
    clusterIP: z.string().optional(),
    externalName: z.string().optional(),
    allocateLoadBalancerNodePorts: unchecked,
    clusterIPs: unchecked,
    externalIPs: unchecked,
    externalTrafficPolicy: unchecked,
    healthCheckNodePort: unchecked,
    internalTrafficPolicy: unchecked,
    ipFamilies: unchecked,
    ipFamilyPolicy: unchecked,
    loadBalancerClass: unchecked,
    loadBalancerIP: unchecked,
    loadBalancerSourceRanges: unchecked,
    publishNotReadyAddresses: unchecked,
    sessionAffinity: unchecked,
    sessionAffinityConfig: unchecked,
    trafficDistribution: unchecked,
  }),
  status: unchecked,
});

export type ServicePort = z.output<typeof servicePort>;
