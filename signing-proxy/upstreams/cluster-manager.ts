import type { Accepted } from '../resources/accepted.ts';
import { warmUp, type WarmUp } from '../resources/warm-up.ts';
import type { ClusterEnvironment } from './cluster-environment.ts';
import type { ClusterPlan } from './compile-cluster.ts';
import { createRunningCluster, type RunningCluster } from './running-cluster.ts';
import type { UpstreamCluster, UpstreamClusters } from './types.ts';

interface Version {
  readonly cluster: RunningCluster;
  readonly accepted: Accepted<ClusterPlan>;
}

interface Warming extends Version {
  readonly warmUp: WarmUp;
}

export interface ClusterManagerOptions {
  readonly environment: ClusterEnvironment;
  /** Called when the set of warming clusters may have become smaller. */
  readonly onWarmed: () => void;
}

/**
 * The clusters of a proxy. One that is replaced serves until its successor has its endpoints and secrets; requests under
 * way finish where they began.
 */
export class ClusterManager implements UpstreamClusters, AsyncDisposable {
  readonly #options: ClusterManagerOptions;
  readonly #serving = new Map<string, Version>();
  readonly #warming = new Map<string, Warming>();
  readonly #draining = new Set<RunningCluster>();
  readonly #listeners = new Map<string, (() => void)[]>();

  constructor(options: ClusterManagerOptions) {
    this.#options = options;
  }

  get isWarming(): boolean {
    return this.#warming.size > 0;
  }

  find(name: string): UpstreamCluster | undefined {
    return this.#serving.get(name)?.cluster;
  }

  /** What serves, in the order it began to. */
  serving(): Accepted<ClusterPlan>[] {
    return Array.from(this.#serving.values(), ({ accepted }) => accepted);
  }

  /** The clusters that serve, with their endpoints. */
  running(): RunningCluster[] {
    return Array.from(this.#serving.values(), ({ cluster }) => cluster);
  }

  /** Calls back whenever a version of the cluster begins to serve; at once when one does. */
  whenServing(name: string, listener: () => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    if (this.#serving.has(name)) listener();
  }

  /** Takes an accepted cluster; it serves once it is warm. */
  addOrUpdate(accepted: Accepted<ClusterPlan>): void {
    const { name, value: plan, version } = accepted;
    const { timeline, source } = this.#options.environment;
    this.#abandon(name);
    const cluster = createRunningCluster(plan, this.#options.environment);
    let isWarm = false;
    const warmingUp = warmUp(cluster.dependencies, () => {
      isWarm = true;
      this.#warming.delete(name);
      this.#serve({ cluster, accepted });
    });
    if (isWarm) return;
    this.#warming.set(name, { cluster, accepted, warmUp: warmingUp });
    timeline.emit({
      type: 'warming',
      source,
      resourceType: 'CDS',
      resource: name,
      version,
      waitsFor: warmingUp.waitsFor(),
    });
  }

  remove(name: string): void {
    this.#abandon(name);
    const current = this.#serving.get(name);
    this.#serving.delete(name);
    if (current !== undefined) this.#drain(current.cluster);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of Array.from(this.#warming.keys())) this.#abandon(name);
    const clusters = [...Array.from(this.#serving.values(), ({ cluster }) => cluster), ...this.#draining];
    await Promise.all(clusters.map((cluster) => cluster[Symbol.asyncDispose]()));
  }

  #serve(next: Version): void {
    const { name, version } = next.accepted;
    const previous = this.#serving.get(name);
    this.#serving.set(name, next);
    const { timeline, source } = this.#options.environment;
    timeline.emit({ type: 'serving', source, resourceType: 'CDS', resource: name, version });
    if (previous !== undefined) this.#drain(previous.cluster);
    for (const tell of this.#listeners.get(name) ?? []) tell();
    this.#options.onWarmed();
  }

  #drain(cluster: RunningCluster): void {
    for (const earlier of this.#draining) if (!earlier.hasConnections()) this.#draining.delete(earlier);
    this.#draining.add(cluster);
    cluster.drain();
  }

  #abandon(name: string): void {
    const warming = this.#warming.get(name);
    if (warming === undefined) return;
    this.#warming.delete(name);
    warming.warmUp[Symbol.dispose]();
    void warming.cluster[Symbol.asyncDispose]();
  }
}
