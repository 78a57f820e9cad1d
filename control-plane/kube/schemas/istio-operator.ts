import { z } from 'zod';
import { objectMetadata, stringMap, unchecked, unsupported } from './common.ts';
import { servicePort } from './core.ts';

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

const meshConfig = z.strictObject({
  defaultConfig: z
    .strictObject({
      proxyMetadata: stringMap.optional(),
      concurrency: unchecked,
      holdApplicationUntilProxyStarts: unchecked,
      tracing: unchecked,
      drainDuration: unsupported(),
      gatewayTopology: unsupported(),
    })
    .optional(),
  outboundTrafficPolicy: z.strictObject({ mode: z.enum(['ALLOW_ANY', 'REGISTRY_ONLY']) }).optional(),
  accessLogEncoding: unchecked,
  accessLogFile: unchecked,
  accessLogFormat: unchecked,
  enablePrometheusMerge: unchecked,
  enableTracing: unchecked,
  defaultConfigSource: unsupported(),
  defaultHttpRetryPolicy: unsupported(),
  discoverySelectors: unsupported(),
  enableAutoMtls: unsupported(),
  extensionProviders: unsupported(),
  rootNamespace: unsupported(),
  trustDomain: unsupported(),
});

export const istioOperatorSchema = z.strictObject({
  apiVersion: z.literal('install.istio.io/v1alpha1'),
  kind: z.literal('IstioOperator'),
  metadata: objectMetadata,
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

export type GatewayComponent = z.output<typeof gatewayComponent>;
