import { createHash } from 'node:crypto';
import { planInjection } from '#control-plane/istio/installation/injection.ts';
import type { KubeObject } from '#control-plane/kube/kinds.ts';
import { matchesLabels } from '#control-plane/kube/labels.ts';
import { messageOf, MeshrigError } from '#core/errors.ts';
import type { Random } from '#core/random.ts';
import type { PodSelector } from '../backend.ts';
import { startPod, type PodHost, type PodPlan, type RunningPod } from './pod.ts';

interface ManagedPod {
  readonly pod: RunningPod;
  readonly deployment: string;
  readonly templateHash: string;
}

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * Keeps the pods that the Deployments ask for: starts what is missing, replaces what has an older template, stops what is too much.
 *
 * Changes are worked through one after another, so that the same manifests lead to the same events.
 */
export class PodController implements AsyncDisposable {
  readonly #host: PodHost;
  readonly #random: Random;
  readonly #watch: Disposable;
  readonly #pods = new Set<ManagedPod>();
  #work: Promise<void> = Promise.resolve();
  #isQueued = false;
  #isClosed = false;
  /** Why a pod could not start, by Deployment; tried again when an object changes, as the kubelet does. */
  readonly #blocked = new Map<string, unknown>();

  constructor(host: PodHost) {
    this.#host = host;
    this.#random = host.random.fork('pod-names');
    this.#watch = host.store.watch(({ object }) => {
      if (object.kind === 'Deployment' || (this.#blocked.size > 0 && isConfiguration(object))) this.#queue();
    });
    this.#queue();
  }

  /**
   * Resolves when every Deployment has its pods.
   *
   * @throws MeshrigError `ENVIRONMENT` when one cannot start
   */
  async settle(): Promise<void> {
    for (let work: Promise<void> | undefined; work !== this.#work;) {
      work = this.#work;
      await work;
    }
    for (const failure of this.#blocked.values()) throw failure;
  }

  /** Running pods, oldest first. */
  find({ namespace, labels }: PodSelector): readonly RunningPod[] {
    return Array.from(this.#pods, ({ pod }) => pod).filter(
      (pod) => (namespace === undefined || pod.namespace === namespace) && matchesLabels(labels, pod.labels),
    );
  }

  /** Stops pods and resolves when their replacements are ready. */
  async deletePods(selector: PodSelector): Promise<void> {
    await this.settle();
    const doomed = new Set(this.find(selector));
    const ending = Array.from(this.#pods).filter(({ pod }) => doomed.has(pod));
    const ended = Promise.all(ending.map((managed) => this.#terminate(managed)));
    this.#queue();
    await this.settle();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watch[Symbol.dispose]();
    await this.#work;
    for (const { pod } of Array.from(this.#pods).toReversed()) await pod[Symbol.asyncDispose]();
    this.#pods.clear();
  }

  #queue(): void {
    if (this.#isQueued || this.#isClosed) return;
    this.#isQueued = true;
    this.#work = this.#work.then(async () => {
      this.#isQueued = false;
      await this.#reconcile();
    });
  }

  async #reconcile(): Promise<void> {
    const deployments = this.#host.store.list('Deployment');
    const wanted = new Set(deployments.map(keyOf));
    const orphans = Array.from(this.#pods).filter((managed) => !wanted.has(managed.deployment));
    for (const managed of orphans) await this.#terminate(managed);
    for (const deployment of deployments) await this.#roll(deployment);
  }

  /** New pods first, old ones after: a rolling update never has too few. */
  async #roll(deployment: KubeObject<'Deployment'>): Promise<void> {
    const key = keyOf(deployment);
    const templateHash = hashTemplate(deployment);
    const own = Array.from(this.#pods).filter((managed) => managed.deployment === key);
    const current = own.filter((managed) => managed.templateHash === templateHash);
    const replicas = deployment.spec.replicas ?? 1;
    this.#blocked.delete(key);
    try {
      for (let missing = replicas - current.length; missing > 0 && !this.#isClosed; missing--) {
        const pod = await startPod(this.#plan(deployment, templateHash), this.#host);
        this.#pods.add({ pod, deployment: key, templateHash });
      }
    } catch (error) {
      this.#block(key, error);
      return;
    }
    const surplus = [...own.filter((managed) => !current.includes(managed)), ...current.slice(replicas)];
    for (const managed of surplus) await this.#terminate(managed);
  }

  #block(key: string, error: unknown): void {
    this.#blocked.set(key, error);
    if (!(error instanceof MeshrigError)) return;
    const { timeline } = this.#host;
    timeline.emit({ type: 'log', source: `kubelet`, level: 'warning', component: 'kubelet', text: messageOf(error) });
  }

  #plan(deployment: KubeObject<'Deployment'>, templateHash: string): PodPlan {
    const suffix = Array.from({ length: 5 }, () => this.#random.pick(Array.from(SUFFIX))).join('');
    const labels = { ...deployment.spec.template.metadata?.labels, 'pod-template-hash': templateHash };
    return {
      name: `${deployment.metadata.name}-${templateHash}-${suffix}`,
      deployment,
      labels,
      injection: planInjection(deployment, this.#host.store),
    };
  }

  async #terminate(managed: ManagedPod): Promise<void> {
    this.#pods.delete(managed);
    await managed.pod.terminate();
  }
}

function isConfiguration(object: KubeObject): boolean {
  return object.kind === 'Secret' || object.kind === 'ConfigMap' || object.kind === 'Namespace';
}

function keyOf({ metadata }: KubeObject<'Deployment'>): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function hashTemplate(deployment: KubeObject<'Deployment'>): string {
  return createHash('sha256').update(JSON.stringify(deployment.spec.template)).digest('hex').slice(0, 10);
}
