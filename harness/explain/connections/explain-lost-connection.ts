import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { formatDuration } from '../../duration.ts';
import { classifyPeerReason } from './classify-peer-reason.ts';
import type { ConnectionEvent, ConnectionFinding } from './connection-finding.ts';
import { readRefusal, shortenReason } from './certificate-refusal.ts';
import { findMissingSecret } from './find-missing-secret.ts';
import { describeMissingSecret } from './describe-missing-secret.ts';

type Hop = TimelineEventOf<'hop'>;

/** A proxy that answered for an upstream which it could not reach, or which it lost. */
export interface LostConnection {
  readonly call: TimelineEventOf<'call'>;
  readonly hops: readonly Hop[];
  readonly answered: Hop;
}

/** Shorter waits are no timeouts: Envoy's default is 5 s, Istio's 10 s. */
const SHORTEST_TIMEOUT_MS = 500;

/**
 * Explains an answer of a proxy by what it and others told of connections since it passed the request on. Undefined when nobody
 * told anything that the answer does not say itself.
 */
export function explainLostConnection(
  events: readonly TimelineEvent[],
  lost: LostConnection,
): ConnectionFinding | undefined {
  const { hops, answered, call } = lost;
  const attempts = hops.filter(({ source, sent, seq }) => source === answered.source && sent && seq < answered.seq);
  const latest = attempts.at(-1);
  if (latest === undefined) return undefined;
  const during = events.slice(latest.seq, call.seq);
  const connections = eventsOfType(during, 'connection');
  const own = connections.findLast(({ source, seq }) => source === answered.source && seq < answered.seq);
  const other = connections.find(({ source, seq }) => source !== answered.source && seq < answered.seq);
  const known = { answeredBy: answered.source, ...(latest.to !== undefined && { upstreamCluster: latest.to }) };
  return (
    (own && explainOwn(events, own, { latest, known })) ??
    (other && explainOther(events, other, known)) ??
    findStoppedPod(during, lost, known) ??
    findBrokenAnswer(during, lost, latest)
  );
}

interface Attempt {
  readonly latest: Hop;
  readonly known: ConnectionFinding['facts'];
}

/** What the proxy itself told of its connection to the upstream. */
function explainOwn(
  events: readonly TimelineEvent[],
  own: ConnectionEvent,
  { latest, known }: Attempt,
): ConnectionFinding | undefined {
  const { reason, to, phase, source } = own;
  const facts = { ...known, address: to };
  const told = [`${source} to ${to}: ${shortenReason(reason)}`];
  if (phase === 'refused') return { cause: 'connection-refused', grade: 'proved', facts, told };
  if (reason.includes('CERTIFICATE_VERIFY_FAILED')) {
    return { cause: 'certificate-refused', grade: 'proved', facts: { ...facts, ...readRefusal(reason) }, told };
  }
  if (reason.includes('WRONG_VERSION_NUMBER'))
    return { cause: 'tls-mismatch', grade: 'proved', facts: { ...facts, message: 'WRONG_VERSION_NUMBER' }, told };
  if (reason.includes('Secret is not supplied')) {
    const before = events.slice(0, own.seq);
    const missing = findMissingSecret(before, { source, ...(latest.to !== undefined && { resource: latest.to }) });
    return missing && { cause: 'secret-missing', grade: 'proved', ...describeMissingSecret(missing, { facts, told }) };
  }
  const waitedMs = own.at - latest.at;
  if (reason.includes('(') || waitedMs < SHORTEST_TIMEOUT_MS) return undefined;
  const waited = formatDuration(waitedMs);
  return { cause: 'connect-timeout', grade: 'proved', facts: { ...facts, waited }, told };
}

/** What another proxy told of a connection at that time. */
function explainOther(
  events: readonly TimelineEvent[],
  other: ConnectionEvent,
  known: ConnectionFinding['facts'],
): ConnectionFinding | undefined {
  const cause = classifyPeerReason(other);
  return cause && describePeer(events, other, { cause, known });
}

/** A refusal of a listener, in the words of its cause. */
export function describePeer(
  events: readonly TimelineEvent[],
  { source, to, reason, asked, seq }: ConnectionEvent,
  { cause, known }: { readonly cause: ConnectionFinding['cause']; readonly known: ConnectionFinding['facts'] },
): ConnectionFinding {
  const told = [`${source} at ${to}: ${shortenReason(reason)}${asked === undefined ? '' : ` (${asked})`}`];
  const facts = {
    ...known,
    peer: source,
    address: to,
    ...(asked === undefined ? readRefusal(reason) : { message: asked }),
  };
  if (cause !== 'secret-missing') return { cause, grade: 'consistent', facts, told };
  const missing = findMissingSecret(events.slice(0, seq), { source });
  const described = missing && describeMissingSecret(missing, { facts: { ...facts, answeredBy: source }, told });
  return { cause, grade: 'consistent', ...(described ?? { facts: { ...facts, answeredBy: source }, told }) };
}

function findStoppedPod(
  during: readonly TimelineEvent[],
  { hops, answered }: LostConnection,
  known: ConnectionFinding['facts'],
): ConnectionFinding | undefined {
  const pods = new Set(hops.filter(({ seq }) => seq !== answered.seq).map(({ hop }) => hop));
  const stopped = eventsOfType(during, 'pod').find(
    ({ pod, phase }) => phase === 'stopped' && pods.has(pod) && pod !== answered.hop,
  );
  if (stopped === undefined) return undefined;
  const peer = `pod "${stopped.pod}"`;
  return {
    cause: 'pod-stopped',
    grade: 'consistent',
    facts: { ...known, peer },
    told: [`${peer} stopped at that time`],
  };
}

/** A later hop reset the stream after it had passed a status on, which only its log tells. */
function findBrokenAnswer(
  during: readonly TimelineEvent[],
  { hops, answered }: LostConnection,
  latest: Hop,
): ConnectionFinding | undefined {
  const log = eventsOfType(during, 'log').find(
    ({ source, text }) => source !== answered.source && /\bstream reset: /.test(text),
  );
  return (
    log &&
    describeBrokenAnswer(
      log,
      hops.findLast(({ source, sent, seq }) => source === log.source && sent && seq > latest.seq),
    )
  );
}

/** A proxy that reset a stream: its timeout ran out while the body came, or its own upstream broke off. */
export function describeBrokenAnswer(
  { source, text }: TimelineEventOf<'log'>,
  hop: Hop | undefined,
): ConnectionFinding | undefined {
  if (hop === undefined) return undefined;
  const reason = /\bstream reset: (.*)$/.exec(text)?.[1] ?? '';
  const told = [`${source} logs "stream reset: ${reason}"`];
  const facts = {
    answeredBy: source,
    peer: source,
    ...(hop.route !== undefined && { route: hop.route }),
    ...(hop.to !== undefined && { upstreamCluster: hop.to }),
  };
  if (reason.includes('timeout'))
    return { cause: 'route-timeout', grade: 'consistent', facts: { ...facts, isBodyUnderWay: true }, told };
  return { cause: 'answer-broken-off', grade: 'consistent', facts, told };
}
