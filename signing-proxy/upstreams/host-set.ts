import type { Clock, Instant } from '#core/clock.ts';
import type { Address } from '#core/address.ts';
import type { Random } from '#core/random.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import { endpointKey, type Endpoint } from './endpoint.ts';
import { Host } from './host.ts';
import { createHostFacts } from './host-facts.ts';
import { createLoadBalancer, type SlowStart } from './load-balancer.ts';
import type { LoadBalancer } from './balancing/types.ts';
import { OutlierMonitor, type OutlierEvent, type RateCount } from './outlier-detection.ts';
import { findOutliers, type Outlier } from './outlier-rates.ts';
import { computePriorityLoads, type PriorityHealth } from './priority-load.ts';

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
  readonly maxHostPicks?: number | undefined;
  /** Of what the route says to hash. */
  readonly hash?: bigint | undefined;
  /** After every so many endpoints tried their priorities are left alone; 0 never does. */
  readonly leavesPriorityAfter?: number | undefined;
}

type HostSetPlan = Pick<ClusterPlan, 'policy' | 'panicThreshold' | 'usesLocalityWeights' | 'outliers'>;

/** The endpoints of a cluster as they are now, and the choice among them. */
export class HostSet {
  readonly #balance: LoadBalancer<Host>;
  readonly #plan: HostSetPlan;
  readonly #slowStart: SlowStart | undefined;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #startedAt: Instant;
  readonly #hosts = new Map<string, Host>();
  readonly #leaving = new Set<Host>();
  /** The one, counted from the start, that is being watched. */
  #interval = 0;
  /** Hosts by priority, the first one first. */
  #levels: (readonly Host[])[] = [];

  constructor(plan: HostSetPlan, { random, clock }: { readonly random: Random; readonly clock: Clock }) {
    this.#balance = createLoadBalancer(plan.policy, random, createHostFacts(plan));
    this.#plan = plan;
    this.#slowStart = 'slowStart' in plan.policy ? plan.policy.slowStart : undefined;
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
    const host = this.#hosts.get(key) ?? new Host(endpoint, this.#clock.now(), this.#createMonitor());
    host.endpoint = endpoint;
    this.#hosts.set(key, host);
    return host;
  }

  /**
   * Chooses a host; undefined when there is none. One that was tried before is put back, as often as the request allows, but
   * the last choice stays.
   */
  choose(request: HostRequest = {}): Host | undefined {
    const { previousHosts = [], maxHostPicks = 1 } = request;
    if (this.#plan.outliers !== undefined) this.#endInterval(this.#clock.now());
    let host: Host | undefined;
    for (let attempt = 0; attempt < Math.max(1, maxHostPicks); attempt++) {
      host = this.#pick(request, attempt);
      if (host === undefined || !isAmong(host, previousHosts)) break;
    }
    return host;
  }

  #pick(request: HostRequest, attempt: number): Host | undefined {
    const candidates = this.#findCandidates(request);
    if (this.#slowStart !== undefined) this.#warmUp(candidates, this.#slowStart);
    return candidates.length < 2 ? candidates[0] : this.#balance(candidates, { hash: request.hash, attempt });
  }

  #warmUp(candidates: readonly Host[], slowStart: SlowStart): void {
    const now = this.#clock.now();
    for (const host of candidates) host.warmth = computeWarmth(now - host.addedAt, slowStart);
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

  /** Counts what came of a request, and ejects its host when that is due and enough others are left. */
  note(host: Host, event: OutlierEvent): void {
    if (host.outlier === undefined) return;
    const now = this.#clock.now();
    this.#endInterval(now);
    const chance = host.outlier.note(event);
    if (chance > 0) this.#eject({ host, chance }, now);
  }

  /** Whether there is room for one more is asked before chance is (envoyproxy/envoy `outlier_detection_impl.cc`, ejectHost). */
  #eject({ host: { outlier }, chance }: Outlier<Host>, now: Instant): void {
    const { outliers } = this.#plan;
    if (outliers === undefined || outlier?.isEjected(now) !== false) return;
    const ejected = Array.from(this.#hosts.values()).filter((host) => host.isEjected(now)).length;
    if (!outliers.mayEject(ejected, this.#hosts.size)) return;
    if (chance < 1 && this.#random.float() >= chance) return;
    outlier.eject(now, outliers.jitterMs === 0 ? 0 : this.#random.integer(0, outliers.jitterMs));
  }

  /** Compares the hosts by the last interval in which something happened, once that is over. */
  #endInterval(now: Instant): void {
    const { outliers } = this.#plan;
    if (outliers === undefined) return;
    const endedAt = this.#startedAt + (this.#interval + 1) * outliers.intervalMs;
    if (now < endedAt) return;
    this.#interval = Math.floor((now - this.#startedAt) / outliers.intervalMs);
    for (const kind of ['answers', 'local'] as const) {
      const counts = new Map<Host, RateCount>();
      for (const host of this.#hosts.values()) {
        const taken = host.outlier?.takeCounts(kind);
        if (taken !== undefined && !host.isEjected(endedAt)) counts.set(host, taken);
      }
      for (const outlier of findOutliers(counts, outliers.rates[kind])) this.#eject(outlier, endedAt);
    }
  }

  /** The hosts to choose among: those of one priority, and of one locality where localities have weights. */
  #findCandidates(request: HostRequest): readonly Host[] {
    const [first] = this.#levels;
    if (first === undefined) return [];
    const now = this.#clock.now();
    const { level, mayPanic } =
      this.#levels.length === 1 ? { level: first, mayPanic: true } : this.#choosePriority(first, now, request);
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
    now: Instant,
    request: HostRequest,
  ): { level: readonly Host[]; mayPanic: boolean } {
    const health = this.#levels.map((level) => ({ healthy: findUsable(level, now).length, total: level.length }));
    const whole = computePriorityLoads(health);
    const left = this.#leaveOutTried(health, request);
    const { loads } = left === health ? whole : computePriorityLoads(left);
    const isShared = loads.filter((load) => load > 0).length > 1;
    let drawn = isShared ? this.#drawShare(request.hash) : 0;
    const level = this.#levels.find((_, index) => (drawn -= loads[index] ?? 0) < 0) ?? first;
    return { level, mayPanic: whole.capacity < 1 };
  }

  /** The health of priorities for a retry that is to go elsewhere; once all were tried, all count again. */
  #leaveOutTried(
    health: readonly PriorityHealth[],
    { previousHosts = [], leavesPriorityAfter = 0 }: HostRequest,
  ): readonly PriorityHealth[] {
    if (leavesPriorityAfter === 0 || previousHosts.length < leavesPriorityAfter) return health;
    const tried = previousHosts.slice(0, previousHosts.length - (previousHosts.length % leavesPriorityAfter));
    const left = health.map((level, index) => {
      const wasTried = this.#levels[index]?.some((host) => isAmong(host, tried));
      return wasTried === true ? { ...level, healthy: 0 } : level;
    });
    return left.some(({ healthy }) => healthy > 0) ? left : health;
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

/** envoy slow start docs: a share that grows with time to the power of 1 by aggression. */
function computeWarmth(ageMs: number, { windowMs, aggression, minimum }: SlowStart): number {
  if (ageMs >= windowMs) return 1;
  return Math.max((Math.max(1, ageMs) / windowMs) ** (1 / aggression), minimum);
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
