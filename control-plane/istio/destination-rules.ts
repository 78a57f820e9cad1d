import type { KubeObject } from '../kube/kinds.ts';
import { matchesLabels } from '../kube/labels.ts';
import type { TrafficPolicy } from '../kube/schemas/destination-rule.ts';
import { isSubsetOf } from './hosts.ts';
import type { MeshService } from './mesh-service.ts';
import { resolveShortName } from './names.ts';
import type { Proxy } from './proxy.ts';
import { isExportedTo } from './visibility.ts';

type DestinationRule = KubeObject<'DestinationRule'>;
export type Subset = NonNullable<DestinationRule['spec']['subsets']>[number];

/** What the DestinationRules of a host say together. */
export interface EffectiveRule {
  readonly namespace: string;
  /** Of the oldest of them. */
  readonly name: string;
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
  /** Whether the rule is for chosen workloads only. */
  readonly isForWorkloads: boolean;
}

export interface RuleScope {
  readonly proxy: Proxy;
  readonly view: RuleSource;
}

/** The part of a mesh that rules are found in. */
interface RuleSource {
  readonly destinationRules: DestinationRuleIndex;
  readonly settings: { readonly rootNamespace: string };
}

/** Every DestinationRule, findable by host. */
export interface DestinationRuleIndex {
  readonly byHost: ReadonlyMap<string, readonly DestinationRule[]>;
  /** Hosts that begin with `*`, longest first. */
  readonly wildcards: readonly string[];
}

/** @param rules oldest first */
export function indexDestinationRules(rules: readonly DestinationRule[]): DestinationRuleIndex {
  const byHost = new Map<string, DestinationRule[]>();
  for (const rule of rules) {
    const host = resolveShortName(rule.spec.host, rule.metadata.namespace);
    byHost.set(host, [...(byHost.get(host) ?? []), rule]);
  }
  const wildcards = [...byHost.keys()].filter((host) => host.startsWith('*'));
  return { byHost, wildcards: wildcards.toSorted((a, b) => b.length - a.length) };
}

/**
 * The rule that a proxy follows when it calls a Service. Namespaces are asked in order: the proxy's own, the Service's, the
 * root namespace; the first that has a rule for the host decides (istio pilot/pkg/model/push_context.go, destinationRule).
 */
export function findDestinationRule(service: MeshService, { proxy, view }: RuleScope): EffectiveRule | undefined {
  const { rootNamespace } = view.settings;
  const own = proxy.namespace === rootNamespace ? [] : [proxy.namespace];
  const { byHost, wildcards } = view.destinationRules;
  const hosts = [service.hostname, ...wildcards.filter((host) => isSubsetOf(service.hostname, host))];
  for (const namespace of new Set([...own, service.namespace, rootNamespace])) {
    for (const host of hosts) {
      const rules = (byHost.get(host) ?? []).filter((rule) => isFor(rule, namespace, proxy));
      const merged = mergeRules(rules);
      if (merged !== undefined) return merged;
    }
  }
  return undefined;
}

function isFor({ metadata, spec }: DestinationRule, namespace: string, proxy: Proxy): boolean {
  if (metadata.namespace !== namespace || !isExportedTo(spec.exportTo, namespace, proxy.namespace)) return false;
  const labels = spec.workloadSelector?.matchLabels;
  return labels === undefined || (namespace === proxy.namespace && matchesLabels(labels, proxy.labels));
}

/** Rules for chosen workloads come before those for all. Of the rest the oldest counts, and later ones may add subsets. */
function mergeRules(rules: readonly DestinationRule[]): EffectiveRule | undefined {
  const chosen = rules.filter(({ spec }) => spec.workloadSelector !== undefined);
  const merged = chosen.length > 0 ? chosen : rules;
  const [first] = merged;
  if (first === undefined) return undefined;
  const subsets = new Map<string, Subset>();
  for (const subset of merged.flatMap(({ spec }) => spec.subsets ?? [])) {
    if (!subsets.has(subset.name)) subsets.set(subset.name, subset);
  }
  return {
    namespace: first.metadata.namespace,
    name: first.metadata.name,
    trafficPolicy: merged.find(({ spec }) => spec.trafficPolicy !== undefined)?.spec.trafficPolicy,
    subsets: [...subsets.values()],
    isForWorkloads: chosen.length > 0,
  };
}
