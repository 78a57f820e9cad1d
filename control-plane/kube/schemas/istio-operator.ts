import { z } from 'zod';
import { duration, objectMetadata, stringMap, unchecked, unsupported } from './common.ts';
import { servicePort } from './core.ts';
import { retries } from './virtual-service.ts';

const environment = z.array(z.strictObject({ name: z.string(), value: z.string() }));

const kubernetesSettings = z.strictObject({
  env: environment.optional(),
  replicaCount: z.int().min(0).optional(),
  service: z
    .strictObject({
      type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).optional(),
      ports: z.array(servicePort).optional(),
    })
    .optional(),
  affinity: unchecked,
  hpaSpec: unchecked,
  imagePullPolicy: unchecked,
  nodeSelector: unchecked,
  podDisruptionBudget: unchecked,
  resources: unchecked,
  serviceAnnotations: unchecked,
  strategy: unchecked,
  tolerations: unchecked,
  overlays: unsupported(),
  podAnnotations: unsupported(),
});

const gatewayComponent = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  enabled: z.boolean().optional(),
  /** Labels of its pods, besides or instead of the chart's. */
  label: stringMap.optional(),
  k8s: kubernetesSettings.omit({ env: true }).extend({ env: unsupported() }).optional(),
});

/** What stands in front of gateways. */
export const gatewayTopology = z.strictObject({
  numTrustedProxies: z.int().min(0).optional(),
  forwardClientCertDetails: z
    .enum(['UNDEFINED', 'SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'])
    .optional(),
  proxyProtocol: unsupported(),
});

const meshConfig = z.strictObject({
  defaultConfig: z
    .strictObject({
      proxyMetadata: stringMap.optional(),
      concurrency: unchecked,
      holdApplicationUntilProxyStarts: unchecked,
      tracing: unchecked,
      discoveryAddress: unchecked,
      image: unchecked,
      proxyStatsMatcher: unchecked,
      terminationDrainDuration: unchecked,
      drainDuration: unsupported(),
      gatewayTopology: gatewayTopology.optional(),
      proxyHeaders: unsupported(),
      runtimeValues: unsupported(),
    })
    .optional(),
  outboundTrafficPolicy: z.strictObject({ mode: z.enum(['ALLOW_ANY', 'REGISTRY_ONLY']) }).optional(),
  accessLogEncoding: z.enum(['TEXT', 'JSON']).optional(),
  /** Empty switches it off, as it is unless the profile is `demo`. */
  accessLogFile: z.enum(['', '/dev/stdout', '/dev/stderr']).optional(),
  /** Empty is Istio's own. */
  accessLogFormat: z.string().optional(),
  connectTimeout: duration.optional(),
  pathNormalization: z
    .strictObject({ normalization: z.enum(['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES']) })
    .optional(),
  enablePrometheusMerge: unchecked,
  enableTracing: unchecked,
  /** What VirtualServices that say nothing get, and change where they say something. */
  defaultHttpRetryPolicy: retries.optional(),
  discoverySelectors: unsupported(),
  /** Off, callers would have to be told about every Service. */
  enableAutoMtls: z.literal(true).optional(),
  extensionProviders: unsupported(),
  rootNamespace: unsupported(),
  trustDomain: unsupported(),
});

export const istioOperatorSchema = z.strictObject({
  apiVersion: z.literal('install.istio.io/v1alpha1'),
  kind: z.literal('IstioOperator'),
  /** istioctl takes a document without a name, too. */
  metadata: objectMetadata.extend({ name: objectMetadata.shape.name.default('installed-state') }).prefault({}),
  spec: z.strictObject({
    /** `default` when left out. */
    profile: z.enum(['default', 'demo', 'minimal', 'empty']).optional(),
    /** What `istioctl install -r` sets. */
    revision: z.string().optional(),
    components: z
      .strictObject({
        base: unchecked,
        pilot: z.strictObject({ enabled: z.boolean().optional(), k8s: kubernetesSettings.optional() }).optional(),
        ingressGateways: z.array(gatewayComponent).optional(),
        egressGateways: z.array(gatewayComponent).optional(),
        cni: unsupported(),
        istiodRemote: unsupported(),
        ztunnel: unsupported(),
      })
      .optional(),
    meshConfig: meshConfig.optional(),
    hub: unchecked,
    tag: unchecked,
    values: unsupported(),
    unvalidatedValues: unsupported(),
  }),
  status: unchecked,
});

export type MeshConfig = z.output<typeof meshConfig>;
export type GatewayTopology = z.output<typeof gatewayTopology>;
export type GatewayComponent = z.output<typeof gatewayComponent>;
