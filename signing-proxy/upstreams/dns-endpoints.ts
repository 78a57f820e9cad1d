import type { Clock, Timer } from '#core/clock.ts';
import type { Network } from '#core/network.ts';
import { Latch } from '../resources/latch.ts';
import type { Dependency } from '../resources/warm-up.ts';
import type { Endpoint } from './endpoint.ts';

export interface DnsEndpointsOptions {
  readonly network: Network;
  readonly zone: string;
  readonly clock: Clock;
  readonly refreshMs: number;
  /** LOGICAL_DNS takes the first address of a name, STRICT_DNS every one. */
  readonly isLogical: boolean;
  readonly onChange: () => void;
}

/** The endpoints behind some names. */
export interface ResolvedEndpoints extends Disposable {
  readonly dependencies: readonly Dependency[];
  current(): readonly Endpoint[];
}

/**
 * Resolves the names of endpoints, again and again. A failed look-up keeps the addresses known before, as Envoy does; a
 * name that never resolved has no endpoint.
 */
export function resolveEndpoints(named: readonly Endpoint[], options: DnsEndpointsOptions): ResolvedEndpoints {
  const names = named.map((endpoint) => resolveName(endpoint, options));
  return {
    dependencies: names.map(({ arrived }, index) => ({ label: `DNS "${named[index]?.address.host ?? ''}"`, arrived })),
    current: () => names.flatMap((name) => name.current()),
    [Symbol.dispose]() {
      for (const name of names) name[Symbol.dispose]();
    },
  };
}

interface ResolvedName extends Disposable {
  readonly arrived: Latch;
  current(): readonly Endpoint[];
}

function resolveName(endpoint: Endpoint, options: DnsEndpointsOptions): ResolvedName {
  const arrived = new Latch();
  let endpoints: readonly Endpoint[] = [];
  let timer: Timer | undefined;
  let isDisposed = false;

  async function refresh(): Promise<void> {
    const addresses = await options.network.resolve(options.zone, endpoint.address.host).catch(() => undefined);
    if (isDisposed) return;
    if (addresses !== undefined) {
      const used = options.isLogical ? addresses.slice(0, 1) : addresses;
      const { host: name, port } = endpoint.address;
      const hostname = endpoint.hostname === '' ? name : endpoint.hostname;
      endpoints = used.map((host) => ({ ...endpoint, hostname, address: { host, port } }));
      options.onChange();
    }
    arrived.open();
    timer = options.clock.setTimer(options.refreshMs, () => void refresh());
  }

  void refresh();
  return {
    arrived,
    current: () => endpoints,
    [Symbol.dispose]() {
      isDisposed = true;
      timer?.cancel();
    },
  };
}
