import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { describeCause } from '../causes.ts';
import type { Explanation } from '../explanation.ts';
import { findCallHops } from '../find-call-hops.ts';
import { createHopRows, findRowNumber } from '../path-rows.ts';
import { classifyPeerReason } from './classify-peer-reason.ts';
import type { ConnectionFinding } from './connection-finding.ts';
import { describeBrokenAnswer, describePeer } from './explain-lost-connection.ts';
import { findMissingSecret } from './find-missing-secret.ts';

type Call = TimelineEventOf<'call'>;

/** Explains a call that got no answer, or half of one, by what processes on its way told of connections meanwhile. */
export function explainUnansweredCall(events: readonly TimelineEvent[], call: Call): Explanation | undefined {
  if (call.error === undefined) return undefined;
  const during = events.slice(findStart(events, call), call.seq);
  const found =
    findUnknownName(call) ??
    findSilence(during, call) ??
    findRefusal(events, during, call) ??
    findWarmingListener(events, during, call) ??
    findClosedPort(during) ??
    findBrokenAnswer(events, during, call);
  if (found === undefined) return undefined;
  const { cause, grade, facts, told } = found;
  const path = createHopRows(call, findCallHops(events, call));
  const place = facts.peer ?? facts.answeredBy ?? call.source;
  const number = findRowNumber(path, place);
  const [first = '', ...rest] = told;
  return {
    cause,
    grade,
    ...describeCause(cause, facts),
    where: number === undefined ? `at ${place}` : `at hop ${number}, ${place}`,
    proof: [`${grade}: ${first}`, ...rest, `${call.source} got no whole answer: ${call.error}`],
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path,
  };
}

/** No event tells when a call began: it was after the last one that a runner or a caller told. */
function findStart(events: readonly TimelineEvent[], call: Call): number {
  const before = events.findLast(({ type, seq }) => seq < call.seq && BOUNDARIES.has(type));
  return before?.seq ?? 0;
}

const BOUNDARIES: ReadonlySet<string> = new Set(['call', 'step-started', 'expectation']);

/** The name was not found where the caller asks. */
function findUnknownName(call: Call): ConnectionFinding | undefined {
  if (call.error?.startsWith('ENOTFOUND') !== true) return undefined;
  const host = call.to.replace(/:\d+$/, '');
  return {
    cause: 'name-not-resolved',
    grade: 'proved',
    facts: { answeredBy: call.source, host },
    told: [`${call.source} found no address for ${host}`],
  };
}

/** The caller's own connects, one after another, and nothing answered. */
function findSilence(during: readonly TimelineEvent[], call: Call): ConnectionFinding | undefined {
  const own = eventsOfType(during, 'connection').filter(({ source }) => source === call.source);
  const last = own.at(-1);
  const waited = /^no answer within (\S+)$/.exec(last?.reason ?? '')?.[1];
  if (last === undefined || waited === undefined) return undefined;
  const addresses = own.map(({ to }) => to).join(', ');
  const facts = {
    answeredBy: call.source,
    address: last.to,
    host: call.to,
    waited: own.length === 1 ? waited : `${waited} for each of ${own.length} addresses`,
  };
  return { cause: 'connect-timeout', grade: 'proved', facts, told: [`no answer came from ${addresses}`] };
}

/** A listener that turned a connection away meanwhile. */
function findRefusal(
  events: readonly TimelineEvent[],
  during: readonly TimelineEvent[],
  call: Call,
): ConnectionFinding | undefined {
  const refusals = eventsOfType(during, 'connection').filter(({ source }) => source !== call.source);
  const found = refusals.find((event) => classifyPeerReason(event) !== undefined);
  const cause = found && classifyPeerReason(found);
  return found && cause && describePeer(events, found, { cause, known: { answeredBy: call.source } });
}

/** A listener that its control plane calls accepted, and that does not listen because something it needs has not come. */
function findWarmingListener(
  events: readonly TimelineEvent[],
  during: readonly TimelineEvent[],
  call: Call,
): ConnectionFinding | undefined {
  const forward = eventsOfType(during, 'hop').findLast(({ kind }) => kind === 'port-forward');
  const service = /^(.*):\d+$/.exec(forward?.to ?? '')?.[1];
  if (service === undefined) return undefined;
  const before = events.slice(0, call.seq - 1);
  const warming = eventsOfType(before, 'warming').findLast(
    ({ resourceType, source }) => resourceType === 'LDS' && source.startsWith(`proxy "${service}-`),
  );
  if (warming === undefined || isServing(before, warming)) return undefined;
  const { source, resource, at, version } = warming;
  const missing = findMissingSecret(before, { source });
  const lacks = missing === undefined ? warming.waitsFor.join(', ') : `SDS "${missing.resource}"`;
  const facts = {
    answeredBy: source,
    peer: source,
    resourceType: 'LDS',
    message: `it waits for ${lacks}`,
    ...(missing?.told !== undefined && { told: missing.told }),
  };
  return {
    cause: 'still-warming',
    grade: 'consistent',
    facts,
    told: [
      `${source} acknowledged listener "${resource}" of version ${version} ${formatSince(call.at - at)} and does not serve it`,
      ...(missing?.told === undefined ? [] : [`istiod: ${missing.told}`]),
    ],
  };
}

/** A port-forward that nobody answered at the other end. */
function findClosedPort(during: readonly TimelineEvent[]): ConnectionFinding | undefined {
  const refused = eventsOfType(during, 'connection').findLast(
    ({ source, phase }) => source === 'port-forward' && phase === 'refused',
  );
  if (refused === undefined) return undefined;
  const facts = { answeredBy: refused.source, peer: `service "${refused.to}"` };
  return { cause: 'connection-refused', grade: 'proved', facts, told: [`${refused.source}: ${refused.reason}`] };
}

function formatSince(ms: number): string {
  return ms < 1_000 ? 'just before' : `${Math.round(ms / 1_000)} s before`;
}

function isServing(
  events: readonly TimelineEvent[],
  { source, resource, version }: TimelineEventOf<'warming'>,
): boolean {
  return eventsOfType(events, 'serving').some(
    (event) => event.source === source && event.resource === resource && event.version === version,
  );
}

/** A proxy on the way reset the stream in the middle of the answer: its log tells, or that it had passed the head on. */
function findBrokenAnswer(
  events: readonly TimelineEvent[],
  during: readonly TimelineEvent[],
  call: Call,
): ConnectionFinding | undefined {
  const hops = findCallHops(events, call).filter(({ kind, sent }) => kind === 'proxy' && sent !== undefined);
  const log = eventsOfType(during, 'log').findLast(
    ({ source, text }) => /\bstream reset: /.test(text) && hops.some((hop) => hop.source === source),
  );
  if (log !== undefined)
    return describeBrokenAnswer(
      log,
      hops.findLast(({ source }) => source === log.source),
    );
  const last = hops.at(-1);
  const head = eventsOfType(during, 'hop-answered').find(({ source }) => source === last?.source);
  if (last === undefined || head === undefined) return undefined;
  const { source, to } = last;
  const facts = { answeredBy: source, peer: source, ...(to !== undefined && { upstreamCluster: to }) };
  const told = [`${source} had passed ${head.response.status} on, and nobody behind it is on record`];
  return { cause: 'answer-broken-off', grade: 'likely', facts, told };
}
