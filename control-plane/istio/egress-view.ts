import type { MeshPort, MeshService } from './mesh-service.ts';
import type { EgressScope, MeshView } from './mesh-view.ts';
import { parseProtocol } from './port-protocol.ts';

/** The mesh through one listener of a Sidecar: Services with the listener's port, or with all ports that no other has. */
export function viewThrough(egress: EgressScope, view: MeshView): MeshView {
  const names = new Set(egress.services.map(({ hostname }) => hostname));
  const services = view.services
    .filter(({ hostname }) => names.has(hostname))
    .map((service) => ({ ...service, ports: findPorts(egress, service, view) }))
    .filter(({ ports }) => ports.length > 0);
  return { ...view, services, virtualServices: egress.virtualServices };
}

/** The listener that requests to a port come through: the port's own, else that for all others; undefined for none. */
export function findEgress(port: number, { egress }: MeshView): EgressScope | undefined {
  return (
    egress.find(({ listener }) => listener?.port.number === port) ??
    egress.find(({ listener }) => listener === undefined)
  );
}

/** A port is spoken to as the listener says. */
function findPorts({ listener }: EgressScope, { ports }: MeshService, view: MeshView): MeshPort[] {
  if (listener === undefined) {
    const taken = new Set(view.egress.map((other) => other.listener?.port.number));
    return ports.filter(({ number }) => !taken.has(number));
  }
  const protocol = parseProtocol(listener.port.protocol);
  return ports.filter(({ number }) => number === listener.port.number).map((port) => ({ ...port, protocol }));
}
