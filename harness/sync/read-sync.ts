import { isKind } from '#control-plane/kube/kinds.ts';
import { typesAffectedBy } from '#control-plane/push/affected-types.ts';
import type { TimelineEvent, TimelineEventOf } from '#core/timeline.ts';
import { getShortName } from '#xds/resource-types.ts';
import type { SyncState } from './sync-state.ts';

/** The last response of one type to one proxy, and what became of it. */
interface Sent {
  readonly push: TimelineEventOf<'push'>;
  answer: 'none' | 'acked' | { readonly rejected: string };
}

interface Reading {
  /** By proxy and type. */
  readonly sent: Map<string, Sent>;
  /** When something of a type was last due, by control plane and type. */
  readonly due: Map<string, number>;
  /** Types that applied objects change and no push was due for since, by control plane and type. */
  readonly unannounced: Set<string>;
  /** What warms up, by pod and type: the resource and what it waits for. */
  readonly warming: Map<string, Map<string, readonly string[]>>;
}

/**
 * Reads from the timeline how far proxies are with what their control planes have for them: a state for each proxy and
 * each type of resource that it was ever sent.
 *
 * @param proxies `<pod>.<namespace>`; left out, every proxy
 */
export function readSync(events: readonly TimelineEvent[], proxies?: ReadonlySet<string>): SyncState[] {
  const reading: Reading = { sent: new Map(), due: new Map(), unannounced: new Set(), warming: new Map() };
  for (const event of events) note(event, reading);
  return Array.from(reading.sent.values())
    .filter(({ push }) => proxies?.has(push.proxy) ?? true)
    .map((sent) => describe(sent, reading));
}

function note(event: TimelineEvent, reading: Reading): void {
  switch (event.type) {
    case 'applied':
      if (event.action === 'unchanged' || !isKind(event.kind)) return;
      for (const typeUrl of typesAffectedBy({ kind: event.kind }))
        reading.unannounced.add(keyOf(event.source, getShortName(typeUrl)));
      return;
    case 'push-due':
      // A push takes everything that was applied before it.
      for (const key of reading.unannounced) if (key.startsWith(`${event.source} `)) reading.unannounced.delete(key);
      for (const resourceType of event.resourceTypes) reading.due.set(keyOf(event.source, resourceType), event.seq);
      return;
    case 'push':
      reading.sent.set(keyOf(event.proxy, event.resourceType), { push: event, answer: 'none' });
      return;
    case 'ack':
    case 'nack':
      return noteAnswer(event, reading);
    case 'warming':
      warmingOf(event, reading).set(event.resource, event.waitsFor);
      return;
    case 'serving':
      warmingOf(event, reading).delete(event.resource);
      return;
    default:
  }
}

/** Proxy and control plane both tell of an answer; the proxy's own word comes first. */
function noteAnswer(event: TimelineEventOf<'ack' | 'nack'>, reading: Reading): void {
  for (const sent of reading.sent.values()) {
    if (sent.push.nonce !== event.nonce) continue;
    sent.answer = event.type === 'ack' ? 'acked' : { rejected: event.error };
    const warming = reading.warming.get(keyOf(podOf(sent.push.proxy), event.resourceType));
    for (const name of warming?.keys() ?? []) if (!sent.push.resources.includes(name)) warming?.delete(name);
  }
}

function warmingOf(
  { source, resourceType }: TimelineEventOf<'warming' | 'serving'>,
  { warming }: Reading,
): Map<string, readonly string[]> {
  const key = keyOf(source.replace(/^proxy "(.*)"$/, '$1'), resourceType);
  const known = warming.get(key) ?? new Map<string, readonly string[]>();
  warming.set(key, known);
  return known;
}

function describe({ push, answer }: Sent, reading: Reading): SyncState {
  const { proxy, resourceType, version } = push;
  const about = { proxy, resourceType, version };
  const key = keyOf(push.source, resourceType);
  if (reading.unannounced.has(key) || (reading.due.get(key) ?? 0) > push.seq) return { ...about, step: 'not sent' };
  if (answer === 'none') return { ...about, step: 'not acked' };
  if (answer !== 'acked') return { ...about, step: 'rejected', detail: answer.rejected };
  const warming = Array.from(reading.warming.get(keyOf(podOf(proxy), resourceType)) ?? []);
  if (warming.length === 0) return { ...about, step: 'serving' };
  const detail = warming.map(([name, waitsFor]) => `${name} waits for ${waitsFor.join(', ')}`).join('; ');
  return { ...about, step: 'warming', detail, warming: warming.map(([name]) => name) };
}

function keyOf(owner: string, resourceType: string): string {
  return `${owner} ${resourceType}`;
}

function podOf(proxy: string): string {
  return proxy.slice(0, proxy.lastIndexOf('.'));
}
