import type { TimelineEvent, TimelineEventOf } from '#core/timeline.ts';
import type { CauseFacts } from './cause-text.ts';
import { describeCause } from './causes.ts';
import { classifyFlags, RESET } from './classify-flags.ts';
import type { Explanation } from './explanation.ts';
import type { ConnectionFinding } from './connections/connection-finding.ts';
import { explainLostConnection } from './connections/explain-lost-connection.ts';
import { findCallHops } from './find-call-hops.ts';
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
  const own = `${hop.source} says so itself, response flags ${answer.flags}, details ${answer.detail}`;
  return {
    cause: found?.cause ?? cause,
    grade: found?.grade ?? 'proved',
    ...describeCause(found?.cause ?? cause, found?.facts ?? createFacts(hops, hop, answer)),
    where: describeWhere(path, hop, found?.facts.peer),
    proof: found === undefined ? [`proved: ${own}`] : createProof(found, answer),
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

function createProof({ grade, told }: ConnectionFinding, { flags, detail }: LocalAnswer): string[] {
  const [first = '', ...rest] = told;
  return [`${grade}: ${first}`, ...rest, `response flags ${flags}, details ${detail}`];
}

function createFacts(hops: readonly Hop[], { source }: Hop, { detail }: LocalAnswer): CauseFacts {
  const passedOn = hops.findLast((hop) => hop.source === source && hop.to !== undefined);
  const message = /\{(.*)\}$/.exec(detail)?.[1];
  return {
    answeredBy: source,
    ...(passedOn?.route === undefined ? {} : { route: passedOn.route }),
    ...(passedOn?.to === undefined ? {} : { upstreamCluster: passedOn.to }),
    ...(message === undefined ? {} : { message }),
  };
}
