import { isDeepStrictEqual } from 'node:util';
import type { PodFacts } from '#control-plane/kube/environment.ts';
import type { KubeObject } from '#control-plane/kube/kinds.ts';
import type { ObjectStore } from '#control-plane/kube/object-store.ts';
import type { Volume } from '#control-plane/kube/schemas/volumes.ts';
import type { Clock, Timer } from '#core/clock.ts';
import { MeshrigError } from '#core/errors.ts';
import type { Timeline } from '#core/timeline.ts';
import { fillVolume, type VolumeFiles } from './fill-volume.ts';
import { ProjectedToken, type IssueToken } from './projected-token.ts';
import { listVolumeSources, type VolumeSource } from './volume-source.ts';

/** What a volume is filled from and who is told. */
export interface VolumeHost {
  readonly pod: PodFacts;
  readonly clock: Clock;
  readonly timeline: Timeline;
  readonly store: ObjectStore;
  readonly issueToken: IssueToken;
  /** From a change of a Secret or ConfigMap until the kubelet has put it into the volume. */
  readonly syncDelayMs: number;
}

/**
 * A volume as the kubelet keeps it: filled when the pod starts, and swapped as a whole some time after one of its objects
 * changed (`..data`, a symbolic link), so that a reader sees all of the old or all of the new.
 */
export class MountedVolume implements Disposable {
  readonly #name: string;
  readonly #host: VolumeHost;
  readonly #sources: readonly VolumeSource[];
  readonly #tokens: readonly ProjectedToken[];
  readonly #listeners = new Set<() => void>();
  readonly #watch: Disposable;
  #files: VolumeFiles;
  #sync: Timer | undefined;
  #rotation: Timer | undefined;

  /** @throws MeshrigError `ENVIRONMENT` when a Secret, ConfigMap or key is missing, in the kubelet's words */
  constructor(volume: Volume, host: VolumeHost) {
    this.#name = volume.name;
    this.#host = host;
    this.#sources = listVolumeSources(volume);
    this.#files = this.#fill();
    const { clock, issueToken } = host;
    this.#tokens = this.#sources.flatMap((source) =>
      source.kind === 'token' ? [new ProjectedToken(source, issueToken, clock.now())] : [],
    );
    this.#watch = host.store.watch(({ object }) => {
      if (this.#isFilledFrom(object)) this.#sync ??= clock.setTimer(host.syncDelayMs, () => this.#synchronise());
    });
  }

  /** A file by its path inside the volume. */
  read(path: string): Buffer | undefined {
    const token = this.#tokens.find((candidate) => candidate.path === path);
    return token === undefined ? this.#files.get(path) : token.read(this.#host.clock.now());
  }

  /** Every file at this moment, tokens included. */
  list(): VolumeFiles {
    const now = this.#host.clock.now();
    return new Map([...this.#files, ...this.#tokens.map((token) => [token.path, token.read(now)] as const)]);
  }

  /** Calls `onChange` after each swap. */
  watch(onChange: () => void): Disposable {
    const listener = () => onChange();
    this.#listeners.add(listener);
    this.#awaitRotation();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#stopRotation();
      },
    };
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#sync?.cancel();
    this.#stopRotation();
    this.#listeners.clear();
  }

  #isFilledFrom({ kind, metadata }: KubeObject): boolean {
    return (
      metadata.namespace === this.#host.pod.namespace &&
      this.#sources.some((source) => source.kind === kind && source.name === metadata.name)
    );
  }

  #synchronise(): void {
    this.#sync = undefined;
    const before = this.#files;
    try {
      this.#files = this.#fill();
    } catch (error) {
      // The kubelet goes on trying and leaves what is mounted as it is.
      if (error instanceof MeshrigError) return;
      throw error;
    }
    if (!isDeepStrictEqual(before, this.#files)) this.#tellSwap(Array.from(this.#files.keys()));
  }

  #tellSwap(files: readonly string[]): void {
    const { pod, timeline } = this.#host;
    const fact = { type: 'volume', pod: pod.name, volume: this.#name, files: files.toSorted() } as const;
    timeline.emit({ ...fact, source: 'kubelet' });
    for (const listener of this.#listeners) listener();
  }

  /** Tokens need no timer to be fresh when read; only someone who watches has to be told. */
  #awaitRotation(): void {
    if (this.#rotation !== undefined || this.#tokens.length === 0) return;
    const now = this.#host.clock.now();
    const nextAt = Math.min(...this.#tokens.map((token) => token.nextAt(now)));
    this.#rotation = this.#host.clock.setTimer(nextAt - now, () => {
      this.#rotation = undefined;
      this.#tellSwap(this.#tokens.map(({ path }) => path));
      if (this.#listeners.size > 0) this.#awaitRotation();
    });
  }

  #stopRotation(): void {
    this.#rotation?.cancel();
    this.#rotation = undefined;
  }

  #fill(): VolumeFiles {
    const { pod, store } = this.#host;
    return fillVolume(this.#sources, { volume: this.#name, pod, store });
  }
}
