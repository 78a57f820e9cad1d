import type { Dependency } from '../resources/warm-up.ts';
import type { ClusterEnvironment } from './cluster-environment.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import { resolveEndpoints } from './dns-endpoints.ts';
import type { Endpoint } from './endpoint.ts';

/** Where a cluster's endpoints come from. */
export interface EndpointSource extends Disposable {
  readonly dependencies: readonly Dependency[];
  current(): readonly Endpoint[];
}

/** Starts to find a cluster's endpoints; `onChange` is called when they have changed. */
export function createEndpointSource(
  plan: ClusterPlan,
  environment: ClusterEnvironment,
  onChange: () => void,
): EndpointSource {
  const { discovery } = plan;
  switch (discovery.kind) {
    case 'fixed':
      return createFixedSource(discovery.endpoints);
    case 'original-destination':
      return createFixedSource([]);
    case 'dns': {
      const { network, clock, place } = environment;
      return resolveEndpoints(discovery.endpoints, { ...discovery, network, clock, zone: place.zone, onChange });
    }
    case 'eds': {
      const { serviceName, fetchTimeoutMs: initialFetchTimeoutMs } = discovery;
      const watch = environment.endpoints.watch(serviceName, { initialFetchTimeoutMs, onChange });
      return {
        dependencies: [{ label: `EDS "${serviceName}"`, arrived: watch.arrived }],
        current: () => watch.current()?.value ?? [],
        [Symbol.dispose]: () => watch[Symbol.dispose](),
      };
    }
  }
}

function createFixedSource(endpoints: readonly Endpoint[]): EndpointSource {
  return { dependencies: [], current: () => endpoints, [Symbol.dispose]() {} };
}
