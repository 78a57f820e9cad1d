import { parse } from 'yaml';
import { z } from 'zod';
import { MeshrigError, messageOf } from '#core/errors.ts';
import { PROXY_CONTAINER } from '../../kube/check-volumes.ts';
import type { KubeObject } from '../../kube/kinds.ts';
import type { ObjectStore } from '../../kube/object-store.ts';
import { unchecked } from '../../kube/schemas/common.ts';
import { gatewayTopology, type GatewayTopology } from '../../kube/schemas/istio-operator.ts';
import type { Container, PodTemplate } from '../../kube/schemas/pod-template.ts';
import type { Volume, VolumeMount } from '../../kube/schemas/volumes.ts';
import { readUserVolumes } from '../../kube/user-volumes.ts';
import { readProxyMetadata as readMeshMetadata } from './mesh-settings.ts';
import { readComponents } from './profile.ts';

/** What Istio's injector adds to a pod. */
export interface Injection {
  /** `router` for gateways (`inject.istio.io/templates: gateway`), `sidecar` for everything else. */
  readonly proxyType: 'sidecar' | 'router';
  /**
   * The proxy's container as far as the user wrote it: the template's own `istio-proxy` container, or an empty one, with the
   * environment of `proxy.istio.io/config` and the mounts of `sidecar.istio.io/userVolumeMount`. Its environment is fixed when
   * the pod starts.
   */
  readonly container: Container;
  /** The pod's volumes, with those of `sidecar.istio.io/userVolume`. */
  readonly volumes: readonly Volume[];
  /** `runtimeValues` of `proxy.istio.io/config` that switch a feature on or off. */
  readonly runtimeFlags: Readonly<Record<string, boolean>>;
  /** `gatewayTopology` of `proxy.istio.io/config`, in place of the mesh's. */
  readonly gatewayTopology: GatewayTopology | undefined;
  /** `sidecar.istio.io/logLevel`, else `warning`. */
  readonly logLevel: string;
  /** The containers that are not the proxy. */
  readonly workloads: readonly Container[];
}

const PROXY_CONFIG = 'proxy.istio.io/config';
const DEFAULT_LOG_LEVEL = 'warning';
const DEFAULT_REVISION = 'default';

/**
 * Decides whether a Deployment's pods get a proxy, by the rules of Istio's webhook, and what it is told.
 *
 * @throws {MeshrigError} `INVALID_MANIFEST` when the annotation `proxy.istio.io/config` is not what it should be
 */
export function planInjection(
  deployment: KubeObject<'Deployment'>,
  store: Pick<ObjectStore, 'get' | 'list'>,
): Injection | undefined {
  const { template } = deployment.spec;
  const namespace = store.get('Namespace', deployment.metadata.namespace);
  const operators = store.list('IstioOperator');
  if (!isInjected(template, namespace?.metadata.labels ?? {}, operators)) return undefined;
  const annotations = template.metadata?.annotations ?? {};
  const ownContainer = template.spec.containers.find(({ name }) => name === PROXY_CONTAINER);
  const config = readProxyConfig(annotations[PROXY_CONFIG], deployment.metadata.name);
  const metadata = { ...readMeshMetadata(operators), ...config.proxyMetadata };
  const user = readUserVolumes(annotations);
  return {
    proxyType: annotations['inject.istio.io/templates'] === 'gateway' ? 'router' : 'sidecar',
    container: addMounts(addEnvironment(ownContainer ?? { name: PROXY_CONTAINER }, metadata), user.mounts),
    volumes: [...user.volumes, ...(template.spec.volumes ?? [])],
    runtimeFlags: readFlags(config.runtimeValues),
    gatewayTopology: config.gatewayTopology,
    logLevel: annotations['sidecar.istio.io/logLevel'] ?? DEFAULT_LOG_LEVEL,
    workloads: template.spec.containers.filter(({ name }) => name !== PROXY_CONTAINER),
  };
}

/**
 * The namespace decides, then the pod's own label, then its annotation. A namespace that says `disabled` cannot be
 * overruled: its webhook is never asked. Without a word from the namespace a pod's label can ask for a proxy, or for one of
 * a revision.
 */
function isInjected(
  template: PodTemplate,
  namespaceLabels: Readonly<Record<string, string>>,
  operators: readonly KubeObject<'IstioOperator'>[],
): boolean {
  if (template.spec.hostNetwork === true) return false;
  const ofNamespace = namespaceLabels['istio-injection'];
  if (ofNamespace === 'disabled') return false;
  const { labels = {}, annotations = {} } = template.metadata ?? {};
  const ofPod = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  const revision = ofNamespace === 'enabled' ? DEFAULT_REVISION : namespaceLabels['istio.io/rev'];
  if (revision !== undefined) return ofPod !== 'false' && isInstalled(revision, operators);
  // An annotation cannot ask for a proxy where no webhook looks: only a label can.
  const ofLabel = labels['sidecar.istio.io/inject'];
  const wanted = labels['istio.io/rev'];
  if (wanted !== undefined) return ofLabel !== 'false' && isInstalled(wanted, operators);
  return ofLabel === 'true' && isInstalled(DEFAULT_REVISION, operators);
}

/** Only an installed revision has a webhook. A mesh without IstioOperators is there from the start, and takes any. */
function isInstalled(revision: string, operators: readonly KubeObject<'IstioOperator'>[]): boolean {
  const installed = operators.filter((operator) => readComponents(operator).hasPilot);
  return installed.length === 0 || installed.some(({ spec }) => (spec.revision ?? DEFAULT_REVISION) === revision);
}

/** Other fields would change a proxy, so they are refused by name. */
const proxyConfig = z.strictObject({
  proxyMetadata: z.record(z.string(), z.coerce.string()).optional(),
  runtimeValues: z.record(z.string(), z.coerce.string()).optional(),
  gatewayTopology: gatewayTopology.optional(),
  concurrency: unchecked,
  discoveryAddress: unchecked,
  holdApplicationUntilProxyStarts: unchecked,
  image: unchecked,
  proxyStatsMatcher: unchecked,
  terminationDrainDuration: unchecked,
  tracing: unchecked,
});

function readProxyConfig(annotation: string | undefined, deployment: string): z.infer<typeof proxyConfig> {
  if (annotation === undefined) return {};
  try {
    return proxyConfig.parse(parse(annotation));
  } catch (cause) {
    const fact = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    const message = `Failed to read annotation "${PROXY_CONFIG}" of Deployment "${deployment}": ${fact}`;
    throw new MeshrigError('INVALID_MANIFEST', message, { cause });
  }
}

function readFlags(values: Readonly<Record<string, string>> = {}): Record<string, boolean> {
  const flags = Object.entries(values).filter(([, value]) => value === 'true' || value === 'false');
  return Object.fromEntries(flags.map(([name, value]) => [name, value === 'true']));
}

/** `proxyMetadata` becomes environment, before what the container itself says. */
function addEnvironment(container: Container, metadata: Readonly<Record<string, string>>): Container {
  const added = Object.entries(metadata).map(([name, value]) => ({ name, value }));
  return added.length === 0 ? container : { ...container, env: [...added, ...(container.env ?? [])] };
}

function addMounts(container: Container, mounts: readonly VolumeMount[]): Container {
  return mounts.length === 0
    ? container
    : { ...container, volumeMounts: [...mounts, ...(container.volumeMounts ?? [])] };
}
