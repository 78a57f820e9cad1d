import type { JsonValue } from '@bufbuild/protobuf';
import type { Clock } from '#core/clock.ts';
import { formatAddress } from '#core/address.ts';
import { NodeSchema, type Node } from '#xds/generated/messages.js';
import { toProtoJson } from '#xds/proto-json.ts';
import type { Dialect } from '../dialects/types.ts';
import type { ProxyLog } from '../log.ts';
import type { ResourceStore } from '../resources/resource-store.ts';
import type { ProxyStats } from '../stats.ts';
import { createConfigDump } from './config-dump.ts';
import { listClusters } from './list-clusters.ts';
import { formatPrometheus } from './show-prometheus.ts';
import { describeStats, formatStats, type StatsReading } from './show-stats.ts';

/** What the admin endpoint shows and changes. */
export interface AdminState {
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly log: ProxyLog;
  readonly stats: ProxyStats;
  readonly dialect: Dialect;
  readonly node: Node;
}

export interface AdminAnswer {
  readonly status: number;
  /** Plain text by default. */
  readonly contentType?: string;
  readonly body: string;
}

/** One path of the admin endpoint. */
export interface AdminPage {
  /** Only POST is answered. */
  readonly changesState?: boolean;
  answer(state: AdminState, query: URLSearchParams): AdminAnswer | Promise<AdminAnswer>;
}

export function findAdminPage(path: string): AdminPage | undefined {
  return PAGES.get(path);
}

const PAGES: ReadonlyMap<string, AdminPage> = new Map<string, AdminPage>([
  ['/clusters', { answer: ({ store }) => showText(listClusters(store.runningClusters())) }],
  ['/config_dump', { answer: ({ store }) => showJson(createConfigDump(store)) }],
  ['/drain_listeners', { changesState: true, answer: startDraining }],
  ['/listeners', { answer: listListeners }],
  ['/logging', { changesState: true, answer: changeLogging }],
  ['/ready', { answer: showReadiness }],
  ['/server_info', { answer: showServerInfo }],
  ['/stats', { answer: showStats }],
  ['/stats/prometheus', { answer: showPrometheus }],
]);

/** The paths there are, as `/help` lists them. */
export const ADMIN_PATHS: readonly string[] = Array.from(PAGES.keys());

const STATES = { initializing: 'PRE_INITIALIZING', live: 'LIVE', draining: 'DRAINING' } as const;

function showReadiness({ store }: AdminState): AdminAnswer {
  return { status: store.state === 'live' ? 200 : 503, body: `${STATES[store.state]}\n` };
}

function showServerInfo({ store, dialect, node }: AdminState): AdminAnswer {
  return showJson({ version: dialect.name, state: STATES[store.state], node: toProtoJson(NodeSchema, node) });
}

async function listListeners({ store }: AdminState, query: URLSearchParams): Promise<AdminAnswer> {
  const addresses = await store.addresses();
  if (query.get('format') !== 'json')
    return showText(addresses.map(({ name, address }) => `${name}::${formatAddress(address)}\n`).join(''));
  const statuses = addresses.map(({ name, address: { host, port } }) => ({
    name,
    local_address: { socket_address: { address: host, port_value: port } },
  }));
  return showJson({ listener_statuses: statuses });
}

function startDraining({ store }: AdminState): AdminAnswer {
  void store.drain();
  return showText('OK\n');
}

/** `?level=debug` for all of it, `?http=debug` or `?paths=http:debug,aws:trace` for some. */
function changeLogging({ log }: AdminState, query: URLSearchParams): AdminAnswer {
  for (const [name, value] of query) {
    if (name === 'level' || name === 'paths') log.setLevels(value);
    else log.setLevels(`${log.levels()},${name}:${value}`);
  }
  return showText(`active loggers:\n  ${log.levels()}\n`);
}

function showStats(state: AdminState, query: URLSearchParams): AdminAnswer {
  const filter = new RegExp(query.get('filter') ?? '');
  const isUsedOnly = query.has('usedonly');
  const { counters, histograms, rule } = readStats(state);
  const shown = {
    counters: counters.filter(([name, value]) => filter.test(name) && (!isUsedOnly || value > 0)),
    histograms: histograms.filter(
      ([name, { cumulative }]) => filter.test(name) && (!isUsedOnly || cumulative.length > 0),
    ),
    rule,
  };
  return query.get('format') === 'json' ? showJson(describeStats(shown)) : showText(formatStats(shown));
}

function showPrometheus(state: AdminState): AdminAnswer {
  return showText(formatPrometheus(readStats(state)));
}

function readStats({ stats, clock, dialect }: AdminState): StatsReading {
  return {
    counters: stats.entries(),
    histograms: stats.histograms().map(([name, histogram]) => [name, histogram.read(clock.now())]),
    rule: dialect.http.histograms,
  };
}

function showText(body: string): AdminAnswer {
  return { status: 200, body };
}

function showJson(value: JsonValue): AdminAnswer {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(value, null, 1) };
}
