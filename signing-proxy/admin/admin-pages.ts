import type { Clock } from '#core/clock.ts';
import { formatAddress } from '#core/network.ts';
import type { ProxyLog } from '../log.ts';
import type { ResourceStore } from '../resources/resource-store.ts';

/** What the admin endpoint shows and changes. */
export interface AdminState {
  readonly store: ResourceStore;
  readonly log: ProxyLog;
  readonly clock: Clock;
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
  ['/ready', { answer: showReadiness }],
  ['/listeners', { answer: listListeners }],
  ['/drain_listeners', { changesState: true, answer: startDraining }],
]);

function showReadiness({ store }: AdminState): AdminAnswer {
  if (store.state === 'live') return { status: 200, body: 'LIVE\n' };
  return { status: 503, body: store.state === 'draining' ? 'DRAINING\n' : 'PRE_INITIALIZING\n' };
}

async function listListeners({ store }: AdminState, query: URLSearchParams): Promise<AdminAnswer> {
  const addresses = await store.addresses();
  if (query.get('format') !== 'json')
    return { status: 200, body: addresses.map(({ name, address }) => `${name}::${formatAddress(address)}\n`).join('') };
  const statuses = addresses.map(({ name, address: { host, port } }) => ({
    name,
    local_address: { socket_address: { address: host, port_value: port } },
  }));
  return {
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({ listener_statuses: statuses }, null, 1),
  };
}

function startDraining({ store }: AdminState): AdminAnswer {
  void store.drain();
  return { status: 200, body: 'OK\n' };
}
