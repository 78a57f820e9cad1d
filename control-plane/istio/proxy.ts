import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { MeshrigError } from '#core/errors.ts';
import type { Node } from '#xds/generated/messages.js';
import { gatewayTopology, type GatewayTopology } from '../kube/schemas/istio-operator.ts';
import { readLocalityLabel, type Locality } from './locality.ts';

/** A proxy as it describes itself in its first request. */
export interface Proxy {
  /** `router` for gateways. */
  readonly type: 'sidecar' | 'router';
  readonly ip: string;
  /** `<pod>.<namespace>` by habit; what `proxy-status` shows. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly locality: Locality;
  /** `1.17.2`; undefined means newest. */
  readonly istioVersion: string | undefined;
  readonly metadata: JsonObject;
  /** What its own configuration says in place of the mesh's. */
  readonly gatewayTopology: GatewayTopology | undefined;
}

/**
 * Reads a node's four-part id and its metadata (xds.md 3.1).
 *
 * @throws {MeshrigError} `INVALID_REQUEST` when the id is not one that istiod accepts
 */
export function parseProxy(node: Node): Proxy {
  const [type, address = '', name = '', domain = '', ...rest] = node.id.split('~');
  if (name === '' || domain === '' || rest.length > 0) throw refuse(node, 'missing parts in the service node');
  if (type !== 'sidecar' && type !== 'router') throw refuse(node, `invalid node type "${type ?? ''}"`);
  const metadata = node.metadata ?? {};
  const [firstIp = address] = readText(metadata['INSTANCE_IPS'])?.split(',') ?? [];
  const [fallbackNamespace = 'default'] = domain.split('.svc.');
  const labels = readLabels(metadata['LABELS']);
  return {
    type,
    ip: firstIp,
    name,
    namespace: readText(metadata['NAMESPACE']) ?? fallbackNamespace,
    labels,
    locality: node.locality ?? readLocalityLabel(labels),
    istioVersion: readText(metadata['ISTIO_VERSION']),
    metadata,
    gatewayTopology: readTopology(metadata['PROXY_CONFIG']),
  };
}

/** What is not as it should be counts as not said. */
function readTopology(config: JsonValue | undefined): GatewayTopology | undefined {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return undefined;
  return gatewayTopology.safeParse(config['gatewayTopology']).data;
}

function refuse(node: Node, fact: string): MeshrigError {
  return new MeshrigError('INVALID_REQUEST', `Failed to read node id "${node.id}": ${fact}`);
}

function readText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readLabels(value: JsonValue | undefined): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, label]) => [name, readText(label) ?? '']));
}
