import type { Address } from '#core/network.ts';
import { formatAddress } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import { endpointKey, type Endpoint } from './endpoint.ts';
import { Host } from './host.ts';
import { createLoadBalancer, type LoadBalancer } from './load-balancer.ts';

/** The endpoints of a cluster as they are now, and the choice among them. */
export class HostSet {
  readonly #balance: LoadBalancer<Host>;
  readonly #panicThreshold: number;
  readonly #hosts = new Map<string, Host>();
  readonly #leaving = new Set<Host>();

  constructor(plan: Pick<ClusterPlan, 'policy' | 'panicThreshold'>, random: Random) {
    this.#balance = createLoadBalancer(plan.policy, random);
    this.#panicThreshold = plan.panicThreshold;
  }

  /** Takes a new list. Endpoints that are still there keep their connections; the others finish what they have. */
  update(endpoints: readonly Endpoint[]): void {
    const keys = new Set(endpoints.map(endpointKey));
    for (const host of this.#leaving) if (!host.hasConnections()) this.#leaving.delete(host);
    for (const [key, host] of this.#hosts) {
      if (keys.has(key)) continue;
      this.#hosts.delete(key);
      this.#leaving.add(host);
      host.drain();
    }
    for (const endpoint of endpoints) this.find(endpoint);
  }

  /** The host of an endpoint, made when it is new. */
  find(endpoint: Endpoint): Host {
    const key = endpointKey(endpoint);
    const host = this.#hosts.get(key) ?? new Host(endpoint);
    host.endpoint = endpoint;
    this.#hosts.set(key, host);
    return host;
  }

  /** Chooses a host, one that was not tried before if there is any; undefined when there is none at all. */
  choose(previous: readonly Address[] = []): Host | undefined {
    const candidates = this.#findCandidates();
    const tried = new Set(previous.map(formatAddress));
    const fresh = candidates.filter(({ endpoint }) => !tried.has(formatAddress(endpoint.address)));
    const choice = fresh.length > 0 ? fresh : candidates;
    return choice.length === 0 ? undefined : this.#balance(choice);
  }

  hasConnections(): boolean {
    return [...this.#hosts.values(), ...this.#leaving].some((host) => host.hasConnections());
  }

  drain(): void {
    for (const host of this.#hosts.values()) host.drain();
  }

  destroy(): void {
    for (const host of [...this.#hosts.values(), ...this.#leaving]) host.destroy();
  }

  /**
   * The healthy hosts of the first priority that has any. Where too few are healthy Envoy panics and uses all of them:
   * sending to a doubtful endpoint beats overloading the last good one.
   */
  #findCandidates(): Host[] {
    const hosts = Array.from(this.#hosts.values());
    const priorities = Array.from(new Set(hosts.map(({ endpoint }) => endpoint.priority))).sort((a, b) => a - b);
    for (const priority of priorities) {
      const level = hosts.filter(({ endpoint }) => endpoint.priority === priority);
      const healthy = level.filter(({ endpoint }) => endpoint.isHealthy);
      if (healthy.length > 0) return healthy.length / level.length < this.#panicThreshold ? level : healthy;
    }
    return this.#panicThreshold > 0 ? hosts.filter(({ endpoint }) => endpoint.priority === priorities[0]) : [];
  }
}
