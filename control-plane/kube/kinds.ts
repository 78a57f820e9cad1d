import type { z } from 'zod';
import { configMapSchema, namespaceSchema, secretSchema, serviceAccountSchema, serviceSchema } from './schemas/core.ts';
import { deploymentSchema } from './schemas/pod-template.ts';
import { destinationRuleSchema } from './schemas/destination-rule.ts';
import { envoyFilterSchema } from './schemas/envoy-filter.ts';
import { gatewaySchema } from './schemas/gateway.ts';
import { istioOperatorSchema } from './schemas/istio-operator.ts';
import { authorizationPolicySchema, peerAuthenticationSchema } from './schemas/security.ts';
import { sidecarSchema } from './schemas/sidecar.ts';
import { telemetrySchema } from './schemas/telemetry.ts';
import { serviceEntrySchema, workloadEntrySchema } from './schemas/service-entry.ts';
import { virtualServiceSchema } from './schemas/virtual-service.ts';

const NETWORKING = ['networking.istio.io/v1alpha3', 'networking.istio.io/v1beta1', 'networking.istio.io/v1'] as const;

const SECURITY = ['security.istio.io/v1beta1', 'security.istio.io/v1'] as const;

const TELEMETRY = ['telemetry.istio.io/v1alpha1', 'telemetry.istio.io/v1'] as const;

/** Every kind of object that can be applied, with the API versions that name it. */
export const KINDS = {
  AuthorizationPolicy: { apiVersions: SECURITY, schema: authorizationPolicySchema },
  ConfigMap: { apiVersions: ['v1'], schema: configMapSchema },
  Deployment: { apiVersions: ['apps/v1'], schema: deploymentSchema },
  DestinationRule: { apiVersions: NETWORKING, schema: destinationRuleSchema },
  EnvoyFilter: { apiVersions: NETWORKING, schema: envoyFilterSchema },
  Gateway: { apiVersions: NETWORKING, schema: gatewaySchema },
  IstioOperator: { apiVersions: ['install.istio.io/v1alpha1'], schema: istioOperatorSchema },
  Namespace: { apiVersions: ['v1'], schema: namespaceSchema },
  PeerAuthentication: { apiVersions: SECURITY, schema: peerAuthenticationSchema },
  Secret: { apiVersions: ['v1'], schema: secretSchema },
  Service: { apiVersions: ['v1'], schema: serviceSchema },
  ServiceAccount: { apiVersions: ['v1'], schema: serviceAccountSchema },
  ServiceEntry: { apiVersions: NETWORKING, schema: serviceEntrySchema },
  Sidecar: { apiVersions: NETWORKING, schema: sidecarSchema },
  Telemetry: { apiVersions: TELEMETRY, schema: telemetrySchema },
  VirtualService: { apiVersions: NETWORKING, schema: virtualServiceSchema },
  WorkloadEntry: { apiVersions: NETWORKING, schema: workloadEntrySchema },
} as const;

export type Kind = keyof typeof KINDS;

/** Kinds of Istio that would change what traffic may do, and that this control plane cannot serve: refused by name. */
export const REFUSED_KINDS: ReadonlySet<string> = new Set([
  'ProxyConfig',
  'RequestAuthentication',
  'WasmPlugin',
  'WorkloadGroup',
]);

/** An object as its manifest states it. */
export type Manifest<K extends Kind = Kind> = { [P in K]: z.output<(typeof KINDS)[P]['schema']> }[K];

/** What the API server adds to `metadata`. */
export interface StoredMetadata {
  readonly name: string;
  /** Empty for objects that belong to no namespace. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
  /** Whole seconds in ISO 8601, as Kubernetes keeps them. */
  readonly creationTimestamp: string;
}

/** An object as the store keeps it. */
export type KubeObject<K extends Kind = Kind> = {
  [P in K]: Omit<Manifest<P>, 'metadata'> & { readonly kind: P; readonly metadata: StoredMetadata };
}[K];

/** Names one object. */
export interface ObjectRef {
  readonly kind: Kind;
  /** `default` when left out. */
  readonly namespace?: string;
  readonly name: string;
}

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** The namespace an object lives in: empty for kinds that live in none. */
export function namespaceOf(kind: Kind, namespace: string | undefined): string {
  return kind === 'Namespace' ? '' : (namespace ?? 'default');
}
