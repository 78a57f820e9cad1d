import type { LocalityLbSetting } from '../../kube/schemas/destination-rule.ts';
import { findTopologyLabel, formatLocality, isWithin, measureDistance, type Locality } from '../locality.ts';
import type { Proxy } from '../proxy.ts';
import type { ServiceEndpoint } from '../service-endpoints.ts';

/** Endpoints of one locality, or the part of them that is used before the others. */
export interface LocalityGroup {
  readonly locality: Locality;
  readonly endpoints: readonly ServiceEndpoint[];
  /** The share of its priority's requests. */
  readonly weight: number;
  /** 0 is used first. */
  readonly priority: number;
}

export interface LocalityRules {
  /** Undefined: localities make no difference. */
  readonly setting: LocalityLbSetting | undefined;
  /** Envoy leaves a priority only when its endpoints are known to be bad: by being ejected. */
  readonly ejects: boolean;
}

/**
 * Groups endpoints by where they are, and gives each group its share or its turn as a DestinationRule has it (istio
 * `loadbalancer/loadbalancer.go`).
 */
export function groupByLocality(
  endpoints: readonly ServiceEndpoint[],
  proxy: Pick<Proxy, 'locality' | 'labels'>,
  { setting, ejects }: LocalityRules,
): LocalityGroup[] {
  const groups = splitByLocality(endpoints);
  if (setting === undefined) return groups;
  if (setting.distribute !== undefined) return distribute(groups, proxy.locality, setting.distribute);
  if (!ejects) return groups;
  const { failoverPriority = [], failover } = setting;
  const byLabels = failoverPriority.length > 0 ? splitByLabels(groups, proxy, failoverPriority) : groups;
  const isByPlace = failoverPriority.length === 0 || (failover ?? []).length > 0;
  return closeRanks(isByPlace ? failOver(byLabels, proxy.locality, failover ?? []) : byLabels);
}

function splitByLocality(endpoints: readonly ServiceEndpoint[]): LocalityGroup[] {
  const groups = new Map<string, ServiceEndpoint[]>();
  for (const endpoint of endpoints) {
    const name = formatLocality(endpoint.locality);
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(endpoint);
  }
  return Array.from(groups)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, members]) => createGroup(members, 0));
}

function createGroup(endpoints: readonly ServiceEndpoint[], priority: number): LocalityGroup {
  const weight = endpoints.reduce((sum, endpoint) => sum + endpoint.weight, 0);
  return { locality: endpoints[0]?.locality ?? { region: '', zone: '', subZone: '' }, endpoints, weight, priority };
}

/** The first rule for the caller's place counts. Localities that it does not name get nothing. */
function distribute(
  groups: readonly LocalityGroup[],
  from: Locality,
  rules: NonNullable<LocalityLbSetting['distribute']>,
): LocalityGroup[] {
  const rule = rules.find((candidate) => isWithin(from, candidate.from));
  if (rule === undefined) return [...groups];
  const left = new Set(groups);
  const shared = Object.entries(rule.to).flatMap(([place, share]) => {
    const meant = [...left].filter(({ locality }) => isWithin(locality, place));
    for (const group of meant) left.delete(group);
    const total = meant.reduce((sum, { weight }) => sum + weight, 0);
    return meant.map((group) => ({ ...group, weight: Math.ceil((group.weight * share) / total) || group.weight }));
  });
  return shared.toSorted((a, b) => (formatLocality(a.locality) < formatLocality(b.locality) ? -1 : 1));
}

/** Nearest first; of other regions the one that is named for the caller's comes before the rest. */
function failOver(
  groups: readonly LocalityGroup[],
  from: Locality,
  rules: NonNullable<LocalityLbSetting['failover']>,
): LocalityGroup[] {
  const rule = rules.find((candidate) => candidate.from === from.region);
  return groups.map((group) => {
    const distance = measureDistance(from, group.locality);
    const isElsewhere = distance === 3 && rule !== undefined && rule.to !== group.locality.region;
    return { ...group, priority: group.priority * 5 + distance + (isElsewhere ? 1 : 0) };
  });
}

const NETWORK_LABEL = 'topology.istio.io/network';

/** Endpoints that have all the caller's labels come first, then those with all but the last, and so on. */
function splitByLabels(
  groups: readonly LocalityGroup[],
  proxy: Pick<Proxy, 'locality' | 'labels'>,
  written: readonly string[],
): LocalityGroup[] {
  const wanted = written.map((text) => {
    const [name = '', value] = text.split('=');
    return { name, value: value ?? findTopologyLabel(name, proxy) };
  });
  return groups.flatMap(({ endpoints }) => {
    const byPriority = new Map<number, ServiceEndpoint[]>();
    for (const endpoint of endpoints) {
      const priority = rank(endpoint, wanted);
      byPriority.set(priority, [...(byPriority.get(priority) ?? []), endpoint]);
    }
    return Array.from(byPriority)
      .toSorted(([a], [b]) => a - b)
      .map(([priority, members]) => createGroup(members, priority));
  });
}

/** An endpoint of another network, where that stands first, comes after all others, but keeps its order among its like. */
function rank(
  endpoint: ServiceEndpoint,
  wanted: readonly { readonly name: string; readonly value: string | undefined }[],
): number {
  const differs = wanted.map(({ name, value }) => value !== findTopologyLabel(name, endpoint));
  const isFar = wanted[0]?.name === NETWORK_LABEL && differs[0] === true;
  const first = differs.findIndex((isDifferent, index) => isDifferent && !(isFar && index === 0));
  return (first < 0 ? 0 : wanted.length - first) + (isFar ? wanted.length : 0);
}

/** Priorities without gaps, as Envoy wants them. */
function closeRanks(groups: readonly LocalityGroup[]): LocalityGroup[] {
  const ranks = [...new Set(groups.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  return groups.map((group) => ({ ...group, priority: ranks.indexOf(group.priority) }));
}
