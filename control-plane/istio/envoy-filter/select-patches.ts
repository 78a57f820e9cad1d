import { messageOf } from '#core/errors.ts';
import type { KubeObject } from '../../kube/kinds.ts';
import { matchesLabels } from '../../kube/labels.ts';
import type { ConfigPatch, PatchMatch } from '../../kube/schemas/envoy-filter.ts';
import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';
import { parsePatchValue, type PatchTarget, type PatchValue } from './patch-value.ts';

/** Which side of a proxy a resource belongs to. */
export type PatchContext = 'GATEWAY' | 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND';
type PatchOperation = ConfigPatch['patch']['operation'];

/** One patch of an EnvoyFilter, its value read. */
export interface Patch<Target extends PatchTarget = PatchTarget> {
  readonly target: Target;
  readonly operation: PatchOperation;
  readonly context: PatchContext | 'ANY';
  readonly match: PatchMatch;
  readonly value: PatchValue<Target>;
}

/** The patches for one proxy, in the order in which they are applied. */
export interface PatchSet {
  /** The patches of one target that reach a side of the proxy. */
  of<Target extends PatchTarget>(target: Target, context: PatchContext): readonly Patch<Target>[];
}

/** Reads the values of EnvoyFilters once each, and says which patches it had to leave out. */
export class PatchReader {
  readonly #onSkipped: (reason: string) => void;
  readonly #read = new WeakMap<KubeObject<'EnvoyFilter'>, readonly Patch[]>();

  constructor(onSkipped: (reason: string) => void) {
    this.#onSkipped = onSkipped;
  }

  read(filter: KubeObject<'EnvoyFilter'>): readonly Patch[] {
    const known = this.#read.get(filter);
    if (known !== undefined) return known;
    const patches = (filter.spec.configPatches ?? []).flatMap((patch, index) => this.#parse(filter, patch, index));
    this.#read.set(filter, patches);
    return patches;
  }

  #parse({ metadata }: KubeObject<'EnvoyFilter'>, { applyTo, match = {}, patch }: ConfigPatch, index: number): Patch[] {
    try {
      const value = parsePatchValue(applyTo, patch.value);
      return [{ target: applyTo, operation: patch.operation, context: match.context ?? 'ANY', match, value }];
    } catch (error) {
      const name = `${metadata.namespace}/${metadata.name}`;
      this.#onSkipped(`EnvoyFilter "${name}": patch ${index + 1} (${applyTo}) left out: ${messageOf(error)}`);
      return [];
    }
  }
}

/**
 * Chooses the patches for a proxy: those of the root namespace, then those of its own; inside each by priority, then age,
 * then name (gateways.md 5.7).
 */
export function selectPatches(proxy: Proxy, view: MeshView, reader: PatchReader): PatchSet {
  const namespaces = [...new Set([view.settings.rootNamespace, proxy.namespace])];
  const patches = namespaces
    .flatMap((namespace) => filtersOf(namespace, view))
    .filter(({ spec }) => matchesLabels(spec.workloadSelector?.labels ?? {}, proxy.labels))
    .flatMap((filter) => reader.read(filter))
    .filter(({ match }) => matchesProxy(match.proxy, proxy));

  return {
    of: (target, context) =>
      patches
        .filter((patch) => isOf(patch, target))
        .filter((patch) => patch.context === 'ANY' || patch.context === context),
  };
}

function isOf<Target extends PatchTarget>(patch: Patch, target: Target): patch is Patch<Target> & Patch {
  return patch.target === target;
}

function filtersOf(namespace: string, view: MeshView): KubeObject<'EnvoyFilter'>[] {
  return view.envoyFilters
    .filter(({ metadata }) => metadata.namespace === namespace)
    .toSorted((a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0));
}

function matchesProxy(match: PatchMatch['proxy'], proxy: Proxy): boolean {
  if (match === undefined) return true;
  const { proxyVersion, metadata = {} } = match;
  return (
    (proxyVersion === undefined || matchesVersion(proxyVersion, proxy.istioVersion)) &&
    Object.entries(metadata).every(([name, value]) => proxy.metadata[name] === value)
  );
}

function matchesVersion(pattern: string, version: string | undefined): boolean {
  if (version === undefined) return false;
  try {
    return new RegExp(pattern).test(version);
  } catch {
    return false;
  }
}
