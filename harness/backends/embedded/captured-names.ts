import { readProxyMetadata } from '#control-plane/istio/installation/mesh-settings.ts';
import { createEntryServices } from '#control-plane/istio/service-entries.ts';
import { isExportedTo } from '#control-plane/istio/visibility.ts';
import type { ObjectStore } from '#control-plane/kube/object-store.ts';

/**
 * What the Istio agent of a namespace's sidecars answers for a name: the address of a ServiceEntry's host, one made up
 * for it where it has none. Everything else is left to the cluster's DNS.
 */
export function findCapturedName(
  name: string,
  namespace: string,
  store: Pick<ObjectStore, 'list'>,
): string | undefined {
  const metadata = readProxyMetadata(store.list('IstioOperator'));
  if (metadata['ISTIO_META_DNS_CAPTURE'] !== 'true') return undefined;
  const hostname = name.toLowerCase();
  const service = createEntryServices(store.list('ServiceEntry')).find(
    (entry) => entry.hostname === hostname && isExportedTo(entry.exportTo, entry.namespace, namespace),
  );
  const allocates = metadata['ISTIO_META_DNS_AUTO_ALLOCATE'] === 'true';
  return service?.address ?? (allocates ? service?.autoAddress : undefined);
}
