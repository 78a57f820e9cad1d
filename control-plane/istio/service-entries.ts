import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../kube/kinds.ts';
import type { MeshPort, MeshService, Resolution } from './mesh-service.ts';
import { parseProtocol } from './port-protocol.ts';

type ServiceEntry = KubeObject<'ServiceEntry'>;

const RESOLUTIONS = {
  NONE: 'none',
  STATIC: 'endpoints',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
} as const satisfies Record<NonNullable<ServiceEntry['spec']['resolution']>, Resolution>;

// Ranges such as `10.0.0.0/8` are matched, not listened on.
const IP_ADDRESS = /^[\d.]+$|^[\da-f:]+$/i;
const AUTO_ADDRESSES = 255 * 255;

/**
 * The services of ServiceEntries: one for each host (istio pilot/pkg/serviceregistry/serviceentry). Several of one namespace
 * that name the same host are one service, with the ports and endpoints of all; for the rest the oldest counts.
 *
 * @param entries oldest first
 */
export function createEntryServices(entries: readonly ServiceEntry[]): MeshService[] {
  const taken = new Set<number>();
  const services = new Map<string, MeshService>();
  for (const entry of entries) {
    for (const host of entry.spec.hosts) {
      const key = `${entry.metadata.namespace}/${host}`;
      const known = services.get(key);
      services.set(key, known === undefined ? createEntryService(host, entry, taken) : addEntry(known, host, entry));
    }
  }
  return [...services.values()];
}

/** An endpoint serves the ports of its own entry; of two entries that both stand for their name, once is enough. */
function addEntry(service: MeshService, host: string, { spec }: ServiceEntry): MeshService {
  const ports = (spec.ports ?? []).map(createEntryPort);
  const onlyPorts = ports.map(({ number }) => number);
  const own = service.ports.map(({ number }) => number);
  const added = (spec.endpoints ?? impliedWorkloads(host, spec)).map((workload) => ({ ...workload, onlyPorts }));
  const workloads = [...service.workloads.map((workload) => ({ onlyPorts: own, ...workload })), ...added];
  return {
    ...service,
    ports: [...service.ports, ...ports.filter(({ number }) => !own.includes(number))],
    workloads: workloads.filter(
      (workload, index) => workloads.findIndex((other) => isDeepStrictEqual(other, workload)) === index,
    ),
    subjectAltNames: [...new Set([...service.subjectAltNames, ...(spec.subjectAltNames ?? [])])],
  };
}

function createEntryService(hostname: string, { metadata, spec }: ServiceEntry, taken: Set<number>): MeshService {
  const resolution = RESOLUTIONS[spec.resolution ?? 'NONE'];
  const address = spec.addresses?.find((candidate) => IP_ADDRESS.test(candidate));
  const mayGetAddress = spec.addresses === undefined && resolution !== 'none' && !hostname.includes('*');
  return {
    name: hostname,
    namespace: metadata.namespace,
    hostname,
    address,
    autoAddress: mayGetAddress ? allocateAddress(`${metadata.namespace}/${hostname}`, taken) : undefined,
    selector: spec.workloadSelector?.labels ?? {},
    ports: (spec.ports ?? []).map(createEntryPort),
    resolution,
    registry: 'external',
    isMeshExternal: spec.location !== 'MESH_INTERNAL',
    workloads: spec.endpoints ?? impliedWorkloads(hostname, spec),
    subjectAltNames: spec.subjectAltNames ?? [],
    exportTo: spec.exportTo,
  };
}

function createEntryPort(port: NonNullable<ServiceEntry['spec']['ports']>[number]): MeshPort {
  return {
    number: port.number,
    name: port.name,
    protocol: parseProtocol(port.protocol),
    targetPort: port.targetPort ?? port.number,
  };
}

/** A name that is looked up and has no endpoints stands for itself. */
function impliedWorkloads(
  hostname: string,
  { resolution, workloadSelector }: ServiceEntry['spec'],
): MeshService['workloads'] {
  const isLookedUp = resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
  return isLookedUp && workloadSelector === undefined ? [{ address: hostname }] : [];
}

/** An address of 240.240.0.0/16, which nobody routes. It follows from the name, and from what took it before. */
function allocateAddress(key: string, taken: Set<number>): string {
  let position = createHash('sha256').update(key).digest().readUInt32BE() % AUTO_ADDRESSES;
  while (taken.has(position)) position = (position + 1) % AUTO_ADDRESSES;
  taken.add(position);
  return `240.240.${Math.floor(position / 255)}.${(position % 255) + 1}`;
}
