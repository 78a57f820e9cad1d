import type { TimelineEvent, TimelineEventOf } from '#core/timeline.ts';
import { formatDuration } from '../duration.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import { classifyFlags, RESET } from './classify-flags.ts';
import type { Explanation } from './explanation.ts';
import type { ConnectionFinding } from './connections/connection-finding.ts';
import { findHolder, type Holder } from './connections/find-holder.ts';
import { explainLostConnection } from './connections/explain-lost-connection.ts';
import { findCallHops } from './find-call-hops.ts';
import { findCanonicalValue } from './canonical-value.ts';
import { createHopRows, findRowNumber, type PathRow } from './path-rows.ts';

type Hop = TimelineEventOf<'hop'>;
type LocalAnswer = NonNullable<Hop['answeredLocally']>;

/**
 * Explains an answer that a proxy on the way gave itself, by the response flag and details it would write to its access log.
 * Undefined when no proxy did, or when its answer is no failure.
 */
export function explainProxyAnswer(
  events: readonly TimelineEvent[],
  call: TimelineEventOf<'call'>,
): Explanation | undefined {
  const hops = findCallHops(events, call);
  const hop = hops.findLast(({ answeredLocally }) => answeredLocally?.status === call.response?.status);
  const answer = hop?.answeredLocally;
  const cause = answer && classifyFlags({ flags: answer.flags, details: answer.detail });
  if (hop === undefined || answer === undefined || cause === undefined) return undefined;
  const path = createHopRows(call, hops);
  const found = name(answer) === RESET ? explainLostConnection(events, { call, hops, answered: hop }) : undefined;
  const holder = cause === 'route-timeout' ? findHolder(events, hops, hop) : undefined;
  const facts = found?.facts ?? { ...createFacts(hops, hop, answer), ...(holder && { heldBy: holder.source }) };
  const own = `${hop.source} says so itself, response flags ${answer.flags}, details ${answer.detail}`;
  return {
    cause: found?.cause ?? cause,
    grade: found?.grade ?? 'proved',
    ...describeCause(found?.cause ?? cause, facts),
    where: describeWhere(path, hop, facts.peer),
    proof: found === undefined ? [`proved: ${own}`, ...describeHolder(holder)] : createProof(found, answer),
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    path,
  };
}

/** What stands in front of the reason in the details of a response. */
function name({ detail }: Pick<LocalAnswer, 'detail'>): string {
  return detail.split(/[{[]/, 1)[0] ?? '';
}

/** `answered at hop 3, proxy "egress"; ended by proxy "ingress"` */
function describeWhere(path: readonly PathRow[], { source }: Hop, peer: string | undefined): string {
  const place = (process: string) => {
    const number = findRowNumber(path, process);
    return number === undefined ? process : `hop ${number}, ${process}`;
  };
  const answered = `answered at ${place(source)}`;
  return peer === undefined ? answered : `${answered}; ended by ${place(peer)}`;
}

function describeHolder(holder: Holder | undefined): string[] {
  return holder === undefined ? [] : [`the last that ${holder.source} logged of it: "${holder.lastWords}"`];
}

function createProof({ grade, told }: ConnectionFinding, { flags, detail }: LocalAnswer): string[] {
  const [first = '', ...rest] = told;
  return [`${grade}: ${first}`, ...rest, `response flags ${flags}, details ${detail}`];
}

function createFacts(hops: readonly Hop[], hop: Hop, { detail }: LocalAnswer): CauseFacts {
  const { source, received } = hop;
  const passedOn = hops.findLast(({ source: by, to }) => by === source && to !== undefined);
  const message = /[{[](.*)[}\]]$/.exec(detail)?.[1];
  const authority = findCanonicalValue(received.headers, 'host');
  return {
    answeredBy: source,
    request: `${received.method} ${received.target}`,
    ...(authority === undefined ? {} : { authority }),
    ...(passedOn?.route === undefined ? {} : { route: passedOn.route }),
    ...(passedOn?.to === undefined ? {} : { upstreamCluster: passedOn.to }),
    ...(message === undefined ? {} : { message }),
    ...describeWaiting(hops, hop),
  };
}

/** What the proxies behind one that gave up had got, and for how long it had waited for them. */
function describeWaiting(hops: readonly Hop[], { source, at, seq }: Hop): Pick<CauseFacts, 'waited' | 'attempts'> {
  const attempts = hops.filter(
    ({ source: by, sent, seq: sentAt }) => by === source && sent !== undefined && sentAt < seq,
  );
  const [first] = attempts;
  if (first === undefined) return {};
  return {
    waited: formatDuration(at - first.at),
    attempts: attempts.map((attempt) => formatDuration(attempt.at - first.at)),
  };
}
