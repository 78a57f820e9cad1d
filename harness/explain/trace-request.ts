import { getHeader, type RequestHead } from '#core/http-message.ts';
import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';

/** Which failure is meant: the answer's `x-amzn-RequestId`, or the number of a call. */
export type FailureReference = { readonly awsRequestId: string } | { readonly call: number };

/** Everything the timeline has about one request that reached AWS. */
export interface RequestTrace {
  readonly call: TimelineEventOf<'call'> | undefined;
  /** From the caller on. */
  readonly hops: readonly TimelineEventOf<'hop'>[];
  readonly signed: TimelineEventOf<'signed'> | undefined;
  readonly unsigned: TimelineEventOf<'left-unsigned'> | undefined;
  readonly verdict: TimelineEventOf<'verdict'>;
}

/** Collects the events of one request; undefined when it has no verdict, because it never reached AWS. */
export function traceRequest(events: readonly TimelineEvent[], reference: FailureReference): RequestTrace | undefined {
  const call = findCall(events, reference);
  const awsRequestId = 'awsRequestId' in reference ? reference.awsRequestId : readAwsRequestId(call);
  const verdict = eventsOfType(events, 'verdict').findLast((event) => event.awsRequestId === awsRequestId);
  if (verdict === undefined) return undefined;
  const signed = findSigned(events, verdict);
  const hops = findHops(events, verdict, call);
  return {
    call,
    hops,
    signed,
    unsigned: signed === undefined ? findUnsigned(events, verdict, hops) : undefined,
    verdict,
  };
}

/** The call that is meant; undefined when the timeline does not have it. */
export function findCall(
  events: readonly TimelineEvent[],
  reference: FailureReference,
): TimelineEventOf<'call'> | undefined {
  const calls = eventsOfType(events, 'call');
  if ('call' in reference) return calls.findLast(({ call }) => call === reference.call);
  return calls.findLast((call) => readAwsRequestId(call) === reference.awsRequestId);
}

function readAwsRequestId(call: TimelineEventOf<'call'> | undefined): string | undefined {
  return call?.response === undefined ? undefined : getHeader(call.response.headers, 'x-amzn-requestid');
}

/** A signature is unique to a signing, so it ties a verdict to the event of its signer. */
function findSigned(
  events: readonly TimelineEvent[],
  verdict: TimelineEventOf<'verdict'>,
): TimelineEventOf<'signed'> | undefined {
  const authorization = getHeader(verdict.received.headers, 'authorization');
  if (authorization === undefined) return undefined;
  return eventsOfType(events, 'signed').findLast(
    ({ seq, request }) => seq < verdict.seq && getHeader(request.headers, 'authorization') === authorization,
  );
}

function findUnsigned(
  events: readonly TimelineEvent[],
  verdict: TimelineEventOf<'verdict'>,
  hops: readonly TimelineEventOf<'hop'>[],
): TimelineEventOf<'left-unsigned'> | undefined {
  if (getHeader(verdict.received.headers, 'authorization') !== undefined) return undefined;
  const requestId = getHeader(verdict.received.headers, 'x-request-id');
  const sources = new Set(hops.map(({ source }) => source));
  return eventsOfType(events, 'left-unsigned').findLast(
    (event) =>
      event.seq < verdict.seq &&
      (event.requestId === undefined ? sources.has(event.source) : event.requestId === requestId),
  );
}

/** Walks back from AWS: each hop sent what the next one received. */
function findHops(
  events: readonly TimelineEvent[],
  verdict: TimelineEventOf<'verdict'>,
  call: TimelineEventOf<'call'> | undefined,
): TimelineEventOf<'hop'>[] {
  const hops: TimelineEventOf<'hop'>[] = [];
  let next: { readonly head: RequestHead; readonly seq: number } = { head: verdict.received, seq: verdict.seq };
  for (;;) {
    const hop = findSender(events, next, hops);
    if (hop === undefined || !mayBelong(hop, call)) return hops;
    hops.unshift(hop);
    next = { head: hop.received, seq: hop.seq };
    if (hop.kind === 'port-forward') return hops;
  }
}

/** The nearest hop that sent this head; events of one request may be told a little late, so later ones count too. */
function findSender(
  events: readonly TimelineEvent[],
  next: { readonly head: RequestHead; readonly seq: number },
  known: readonly TimelineEventOf<'hop'>[],
): TimelineEventOf<'hop'> | undefined {
  const senders = eventsOfType(events, 'hop').filter(
    (hop) => !known.includes(hop) && hop.sent !== undefined && isSameRequest(hop.sent, next.head),
  );
  return senders.findLast(({ seq }) => seq < next.seq) ?? senders[0];
}

function isSameRequest(sent: RequestHead, received: RequestHead): boolean {
  if (sent.method !== received.method || sent.target !== received.target) return false;
  return ['host', 'x-request-id', 'authorization'].every((name) => {
    const [left, right] = [getHeader(sent.headers, name), getHeader(received.headers, name)];
    return left === right || (name !== 'authorization' && (left === undefined || right === undefined));
  });
}

/** A forwarded port belongs to the call that came by it. */
function mayBelong(hop: TimelineEventOf<'hop'>, call: TimelineEventOf<'call'> | undefined): boolean {
  if (hop.kind !== 'port-forward' || call === undefined) return true;
  return (
    hop.received.target === call.request.target &&
    getHeader(hop.received.headers, 'host') === getHeader(call.request.headers, 'host')
  );
}
