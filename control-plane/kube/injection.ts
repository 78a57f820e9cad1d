import { parse } from 'yaml';
import { z } from 'zod';
import type { KubeObject } from './kinds.ts';
import type { ObjectStore } from './object-store.ts';
import type { Container, PodTemplate } from './schemas/pod-template.ts';

/** What Istio's injector adds to a pod. */
export interface Injection {
  /** `router` for gateways (`inject.istio.io/templates: gateway`), `sidecar` for everything else. */
  readonly proxyType: 'sidecar' | 'router';
  /**
   * The proxy's container as far as the user wrote it: the template's own `istio-proxy` container, or an empty one. Its
   * environment, with that of `proxy.istio.io/config`, is fixed when the pod starts.
   */
  readonly container: Container;
  /** `sidecar.istio.io/logLevel`, else `warning`. */
  readonly logLevel: string;
  /** The containers that are not the proxy. */
  readonly workloads: readonly Container[];
}

const PROXY_CONTAINER = 'istio-proxy';
const DEFAULT_LOG_LEVEL = 'warning';

/** Decides whether a Deployment's pods get a proxy, by the rules of Istio's webhook, and what it is told. */
export function planInjection(
  deployment: KubeObject<'Deployment'>,
  store: Pick<ObjectStore, 'get'>,
): Injection | undefined {
  const { template } = deployment.spec;
  const namespace = store.get('Namespace', deployment.metadata.namespace);
  if (!isInjected(template, namespace?.metadata.labels ?? {})) return undefined;
  const annotations = template.metadata?.annotations ?? {};
  const ownContainer = template.spec.containers.find(({ name }) => name === PROXY_CONTAINER);
  return {
    proxyType: annotations['inject.istio.io/templates'] === 'gateway' ? 'router' : 'sidecar',
    container: addProxyMetadata(ownContainer ?? { name: PROXY_CONTAINER }, annotations['proxy.istio.io/config']),
    logLevel: annotations['sidecar.istio.io/logLevel'] ?? DEFAULT_LOG_LEVEL,
    workloads: template.spec.containers.filter(({ name }) => name !== PROXY_CONTAINER),
  };
}

/**
 * A pod's own label, then its annotation, decides; without them the namespace does. A namespace that says `disabled`
 * cannot be overruled: its webhook is never asked.
 */
function isInjected(template: PodTemplate, namespaceLabels: Readonly<Record<string, string>>): boolean {
  if (template.spec.hostNetwork === true) return false;
  const ofNamespace = namespaceLabels['istio-injection'];
  if (ofNamespace === 'disabled') return false;
  const { labels = {}, annotations = {} } = template.metadata ?? {};
  const ofPod = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  const isInNamespace = ofNamespace === 'enabled' || namespaceLabels['istio.io/rev'] !== undefined;
  // An annotation cannot ask for a proxy where no webhook looks: only a label can.
  if (!isInNamespace) return labels['sidecar.istio.io/inject'] === 'true';
  return ofPod !== 'false';
}

const proxyConfig = z.looseObject({ proxyMetadata: z.record(z.string(), z.coerce.string()).optional() });

/** `proxyMetadata` of the pod's proxy configuration becomes environment, before what the container itself says. */
function addProxyMetadata(container: Container, annotation: string | undefined): Container {
  if (annotation === undefined) return container;
  const { proxyMetadata = {} } = proxyConfig.parse(parse(annotation));
  const added = Object.entries(proxyMetadata).map(([name, value]) => ({ name, value }));
  return { ...container, env: [...added, ...(container.env ?? [])] };
}
