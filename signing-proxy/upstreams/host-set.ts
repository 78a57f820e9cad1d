import type { Clock, Instant } from '#core/clock.ts';
import type { Address } from '#core/network.ts';
import type { Random } from '#core/random.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import { endpointKey, type Endpoint } from './endpoint.ts';
import { Host } from './host.ts';
import { createHostFacts } from './host-facts.ts';
import { createLoadBalancer, type LoadBalancer } from './load-balancer.ts';
import { OutlierMonitor } from './outlier-detection.ts';
import { computePriorityLoads } from './priority-load.ts';

export interface HostState {
  readonly endpoint: Endpoint;
  readonly activeRequests: number;
  readonly isEjected: boolean;
}

/** What a choice of a host depends on. */
export interface HostRequest {
  /** Endpoints that earlier attempts tried. */
  readonly previousHosts?: readonly Address[] | undefined;
  /** How often a host is chosen at most, until it is one that was not tried. */
  readonly maxPicks?: number | undefined;
  /** Of what the route says to hash. */
  readonly hash?: bigint | undefined;
}

type HostSetPlan = Pick<ClusterPlan, 'policy' | 'panicThreshold' | 'usesLocalityWeights' | 'outliers'>;

/** The endpoints of a cluster as they are now, and the choice among them. */
export class HostSet {
  readonly #balance: LoadBalancer<Host>;
  readonly #plan: HostSetPlan;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #startedAt: Instant;
  readonly #hosts = new Map<string, Host>();
  readonly #leaving = new Set<Host>();
  /** Hosts by priority, the first one first. */
  #levels: (readonly Host[])[] = [];

  constructor(plan: HostSetPlan, { random, clock }: { readonly random: Random; readonly clock: Clock }) {
    this.#balance = createLoadBalancer(plan.policy, random, createHostFacts(plan));
    this.#plan = plan;
    this.#random = random;
    this.#clock = clock;
    this.#startedAt = clock.now();
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
    this.#levels = groupByPriority(this.#hosts.values());
  }

  /** The host of an endpoint, made when it is new. */
  find(endpoint: Endpoint): Host {
    const key = endpointKey(endpoint);
    const host = this.#hosts.get(key) ?? new Host(endpoint, this.#createMonitor());
    host.endpoint = endpoint;
    this.#hosts.set(key, host);
    return host;
  }

  /**
   * Chooses a host; undefined when there is none. One that was tried before is put back, as often as the request allows, but
   * the last choice stays.
   */
  choose(request: HostRequest = {}): Host | undefined {
    const { previousHosts = [], maxPicks = 1, hash } = request;
    let host: Host | undefined;
    for (let attempt = 0; attempt < Math.max(1, maxPicks); attempt++) {
      const candidates = this.#findCandidates(hash);
      host = candidates.length < 2 ? candidates[0] : this.#balance(candidates, { hash, attempt });
      if (host === undefined || !isAmong(host, previousHosts)) break;
    }
    return host;
  }

  #createMonitor(): OutlierMonitor | undefined {
    const { outliers } = this.#plan;
    return outliers && new OutlierMonitor(outliers, this.#startedAt);
  }

  /** For the admin endpoint. */
  states(): HostState[] {
    const now = this.#clock.now();
    return Array.from(this.#hosts.values(), ({ endpoint, activeRequests, outlier }) => ({
      endpoint,
      activeRequests,
      isEjected: outlier?.isEjected(now) === true,
    }));
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

  /** Counts an answer of a host, and ejects it when that is due and enough others are left. */
  noteStatus(host: Host, status: number): void {
    const { outliers } = this.#plan;
    if (outliers === undefined || host.outlier?.noteStatus(status) !== true) return;
    const now = this.#clock.now();
    const hosts = Array.from(this.#hosts.values());
    const ejected = hosts.filter(({ outlier }) => outlier?.isEjected(now) === true).length;
    if ((100 * ejected) / hosts.length < outliers.maxEjectionPercent) host.outlier.eject(now);
  }

  /** The hosts to choose among: those of one priority, and of one locality where localities have weights. */
  #findCandidates(hash: bigint | undefined): readonly Host[] {
    const [first] = this.#levels;
    if (first === undefined) return [];
    const now = this.#clock.now();
    const { level, mayPanic } =
      this.#levels.length === 1 ? { level: first, mayPanic: true } : this.#choosePriority(first, { now, hash });
    const usable = findUsable(level, now);
    // Sending to a doubtful endpoint beats overloading the last good one: Envoy panics and uses all of them.
    const panics = mayPanic && usable.length / level.length < this.#plan.panicThreshold;
    const candidates = panics ? level : usable;
    // A balancer by hash takes the weights of localities into its table.
    const drawsLocality = this.#plan.usesLocalityWeights && !isByHash(this.#plan);
    return drawsLocality ? this.#chooseLocality(candidates, level) : candidates;
  }

  /** No priority panics as long as all of them together can carry every request. */
  #choosePriority(
    first: readonly Host[],
    { now, hash }: { readonly now: Instant; readonly hash: bigint | undefined },
  ): { level: readonly Host[]; mayPanic: boolean } {
    const { loads, capacity } = computePriorityLoads(
      this.#levels.map((level) => ({ healthy: findUsable(level, now).length, total: level.length })),
    );
    const isShared = loads.filter((load) => load > 0).length > 1;
    let drawn = isShared ? this.#drawShare(hash) : 0;
    const level = this.#levels.find((_, index) => (drawn -= loads[index] ?? 0) < 0) ?? first;
    return { level, mayPanic: capacity < 1 };
  }

  /** Requests with the same hash stay with the same priority. */
  #drawShare(hash: bigint | undefined): number {
    return hash === undefined || !isByHash(this.#plan) ? this.#random.float() : Number(hash % 100n) / 100;
  }

  /** By weight, lowered where a locality has too few healthy hosts to carry its share. */
  #chooseLocality(candidates: readonly Host[], level: readonly Host[]): readonly Host[] {
    const total = countByLocality(level);
    const shares = Array.from(countByLocality(candidates), ([name, { count, weight }]) => {
      const share = weight * Math.min(1, (1.4 * count) / (total.get(name)?.count ?? count));
      return { name, share };
    }).filter(({ share }) => share > 0);
    let drawn = this.#random.float() * shares.reduce((sum, { share }) => sum + share, 0);
    const chosen = shares.find(({ share }) => (drawn -= share) < 0) ?? shares[0];
    if (chosen === undefined) return candidates;
    return candidates.filter(({ endpoint }) => endpoint.locality.name === chosen.name);
  }
}

function isByHash({ policy }: HostSetPlan): boolean {
  return policy.kind === 'ring-hash' || policy.kind === 'maglev';
}

function isAmong({ endpoint: { address } }: Host, addresses: readonly Address[]): boolean {
  return addresses.some(({ host, port }) => host === address.host && port === address.port);
}

/** The list itself where all of it can be used, which is nearly always. */
function findUsable(hosts: readonly Host[], now: Instant): readonly Host[] {
  return hosts.every((host) => host.isUsable(now)) ? hosts : hosts.filter((host) => host.isUsable(now));
}

function groupByPriority(hosts: Iterable<Host>): (readonly Host[])[] {
  const groups = new Map<number, Host[]>();
  for (const host of hosts) {
    const { priority } = host.endpoint;
    const group = groups.get(priority) ?? [];
    groups.set(priority, group);
    group.push(host);
  }
  return Array.from(groups)
    .sort(([a], [b]) => a - b)
    .map(([, group]) => group);
}

function countByLocality(hosts: readonly Host[]): Map<string, { count: number; readonly weight: number }> {
  const counts = new Map<string, { count: number; readonly weight: number }>();
  for (const { endpoint } of hosts) {
    const { name, weight } = endpoint.locality;
    const known = counts.get(name);
    if (known === undefined) counts.set(name, { count: 1, weight });
    else known.count++;
  }
  return counts;
}
