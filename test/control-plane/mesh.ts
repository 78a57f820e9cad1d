import { create, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { PatchReader } from '#control-plane/istio/envoy-filter/select-patches.ts';
import { readFeatures } from '#control-plane/istio/features.ts';
import { generateResources } from '#control-plane/istio/generate-resources.ts';
import { applyManifests } from '#control-plane/istio/installation/apply-manifests.ts';
import { readMeshSettings } from '#control-plane/istio/installation/mesh-settings.ts';
import { createMeshView } from '#control-plane/istio/create-mesh-view.ts';
import { parseProxy, type Proxy } from '#control-plane/istio/proxy.ts';
import { createObjectStore, type ObjectStore } from '#control-plane/kube/object-store.ts';
import { parseManifests } from '#control-plane/kube/parse-manifest.ts';
import { createPodRegistry, type Pod } from '#control-plane/kube/pod-registry.ts';
import { NodeSchema, type Node } from '#xds/generated/messages.js';
import { toProtoJson } from '#xds/proto-json.ts';

export interface MeshSetUp {
  /** YAML documents. */
  readonly manifests: string;
  readonly istioVersion?: string;
  readonly pods?: readonly Pod[];
  readonly revision?: string;
  readonly istiodEnvironment?: Readonly<Record<string, string>>;
  readonly outboundTrafficPolicy?: 'ALLOW_ANY' | 'REGISTRY_ONLY';
}

export interface TestMesh {
  readonly store: ObjectStore;
  /** What the control plane would send, as JSON in proto field names. */
  generate(proxy: Proxy, typeUrl: string, names?: readonly string[]): JsonObject[];
  readonly skippedPatches: readonly string[];
  /** Why secrets were not sent. */
  readonly missingSecrets: readonly string[];
}

const START = Date.UTC(2026, 0, 1);

export function createTestMesh({ manifests, istioVersion = '1.17.2', pods = [], ...rest }: MeshSetUp): TestMesh {
  const store = createObjectStore({ now: () => START });
  const parsed = parseManifests([{ file: 'test.yaml', text: manifests }]);
  applyManifests(
    parsed.map(({ manifest }) => manifest),
    store,
    rest.revision,
  );
  const registry = createPodRegistry();
  for (const pod of pods) registry.report(pod);
  const { outboundTrafficPolicy = 'ALLOW_ANY' } = rest;
  const base = { istioVersion, rootNamespace: 'istio-system', outboundTrafficPolicy };
  const settings = readMeshSettings(base, store.list('IstioOperator'));
  const features = rest.istiodEnvironment ? readFeatures(istioVersion, rest.istiodEnvironment) : settings.features;
  const view = createMeshView({ ...settings, features }, store, registry);
  const skippedPatches: string[] = [];
  const missingSecrets: string[] = [];
  const onMissingSecret = (reason: string): void => void missingSecrets.push(reason);
  const patchReader = new PatchReader((reason) => skippedPatches.push(reason));
  return {
    store,
    skippedPatches,
    missingSecrets,
    generate: (proxy, typeUrl, names = []) =>
      (generateResources({ proxy, view, patchReader, typeUrl, names, onMissingSecret }) ?? []).map(({ resource }) =>
        asObject(toProtoJson(AnySchema, resource)),
      ),
  };
}

export interface NodeFacts {
  readonly type?: 'sidecar' | 'router';
  readonly name?: string;
  readonly namespace?: string;
  readonly ip?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly istioVersion?: string;
}

export function createTestNode(facts: NodeFacts = {}): Node {
  const { type = 'sidecar', name = 'httpbin-1', namespace = 'default', ip = '10.42.0.5' } = facts;
  return create(NodeSchema, {
    id: `${type}~${ip}~${name}.${namespace}~${namespace}.svc.cluster.local`,
    metadata: {
      NAMESPACE: namespace,
      LABELS: { ...(facts.labels ?? { app: 'httpbin' }) },
      ISTIO_VERSION: facts.istioVersion ?? '1.17.2',
    },
  });
}

export function createTestProxy(facts?: NodeFacts): Proxy {
  return parseProxy(createTestNode(facts));
}

export const GATEWAY: NodeFacts = {
  type: 'router',
  name: 'gateway-1',
  namespace: 'istio-system',
  ip: '10.42.0.9',
  labels: { istio: 'ingressgateway' },
};

export function createTestPod(pod: Partial<Pod> = {}): Pod {
  return {
    name: 'httpbin-1',
    namespace: 'default',
    ip: '10.42.0.5',
    labels: { app: 'httpbin' },
    serviceAccount: 'httpbin',
    isReady: true,
    hasSidecar: true,
    ports: [],
    ...pod,
  };
}

/** Follows keys and list positions into JSON; undefined when there is nothing. */
export function at(value: JsonValue | undefined, ...path: (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, key) => {
    if (Array.isArray(inner)) return typeof key === 'number' ? inner[key] : undefined;
    return typeof inner === 'object' && inner !== null ? inner[key] : undefined;
  }, value);
}

export function listAt(value: JsonValue | undefined, ...path: (string | number)[]): JsonObject[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list.map(asObject) : [];
}

export function namesOf(list: readonly JsonObject[]): string[] {
  return list.map((item) => JSON.stringify(item['name'] ?? item['cluster_name']).replaceAll('"', ''));
}

/** The connection manager of a filter chain. */
export function managerOf(chain: JsonValue | undefined): JsonValue | undefined {
  return at(
    listAt(chain, 'filters').find(({ name }) => name === 'envoy.filters.network.http_connection_manager'),
    'typed_config',
  );
}

function asObject(value: JsonValue): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('Not a JSON object');
  return value;
}
