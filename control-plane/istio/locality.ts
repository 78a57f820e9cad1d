/** Where a workload runs; empty for what is not known. */
export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

export const LOCALITY_LABEL = 'istio-locality';

/** Reads `region/zone/sub-zone`, of which the later parts may be missing. */
export function parseLocality(text = ''): Locality {
  const [region = '', zone = '', subZone = ''] = text.split('/');
  return { region, zone, subZone };
}

/** A label cannot hold slashes: without any, dots stand for them (istio `pkg/model/proxy.go`). */
export function readLocalityLabel(labels: Readonly<Record<string, string>>): Locality {
  const label = labels[LOCALITY_LABEL] ?? '';
  return parseLocality(label.includes('/') ? label : label.replaceAll('.', '/'));
}

/** Whether a locality is part of one that a rule names, with `*` for any; parts that the rule leaves out don't count. */
export function isWithin({ region, zone, subZone }: Locality, rule: string): boolean {
  const wanted = parseLocality(rule);
  return (
    (wanted.region === '*' || wanted.region === region) &&
    (['*', ''].includes(wanted.zone) || wanted.zone === zone) &&
    (['*', ''].includes(wanted.subZone) || wanted.subZone === subZone)
  );
}

/** How far apart two places are: 0 for the same, 3 for two regions. */
export function measureDistance(from: Locality, to: Locality): number {
  if (from.region !== to.region) return 3;
  if (from.zone !== to.zone) return 2;
  return from.subZone === to.subZone ? 0 : 1;
}

export function formatLocality({ region, zone, subZone }: Locality): string {
  return [region, zone, subZone].join('/').replace(/\/+$/, '');
}

const TOPOLOGY_LABELS: Readonly<Record<string, keyof Locality>> = {
  'topology.kubernetes.io/region': 'region',
  'topology.kubernetes.io/zone': 'zone',
  'topology.istio.io/subzone': 'subZone',
};

/** A label of a workload; those that tell where it runs are known without being written. */
export function findTopologyLabel(
  name: string,
  { labels, locality }: { readonly labels: Readonly<Record<string, string>>; readonly locality: Locality },
): string | undefined {
  const part = TOPOLOGY_LABELS[name];
  return labels[name] ?? (part === undefined || locality[part] === '' ? undefined : locality[part]);
}
