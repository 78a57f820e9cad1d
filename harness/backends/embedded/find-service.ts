import type { KubeObject } from '#control-plane/kube/kinds.ts';
import type { ObjectStore } from '#control-plane/kube/object-store.ts';
import type { Address } from '#core/address.ts';
import { MeshrigError } from '#core/errors.ts';
import { findNearest } from '#core/nearest.ts';
import { ROOT_NAMESPACE } from './istio-installation.ts';

/**
 * A Service by its name, or by `namespace/name` where several have one name.
 *
 * @throws MeshrigError `INVALID_SCENARIO`
 */
export function findService(service: string, store: ObjectStore): KubeObject<'Service'> {
  const services = store.list('Service');
  const named = services.filter(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}` === service || metadata.name === service,
  );
  const [found] = named;
  if (found !== undefined && named.length === 1) return found;
  const known = services.map(({ metadata }) => metadata.name);
  throw refuseService(service, named.length, known);
}

/**
 * Where a port of a Service is reached within its KubeCluster.
 *
 * @throws MeshrigError `INVALID_SCENARIO`
 */
export function findServiceAddress(service: string, port: number, store: ObjectStore): Address {
  const found = findService(service, store);
  const ports = (found.spec.ports ?? []).map((known) => known.port);
  if (found.spec.clusterIP === undefined || !ports.includes(port)) {
    throw new MeshrigError(
      'INVALID_SCENARIO',
      `Failed to forward to service "${service}": it has no port ${port}, but ${ports.join(', ')}`,
    );
  }
  return { host: found.spec.clusterIP, port };
}

function refuseService(service: string, count: number, known: readonly string[]): MeshrigError {
  if (count > 1) {
    return new MeshrigError('INVALID_SCENARIO', `Failed to find service "${service}": ${count} namespaces have one`, {
      hint: 'Write "namespace/name".',
    });
  }
  const nearest = findNearest(service, known);
  const hint = nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` };
  return new MeshrigError(
    'INVALID_SCENARIO',
    `Failed to find service "${service}": known are ${known.join(', ')} (and ${ROOT_NAMESPACE}'s istiod)`,
    hint,
  );
}
