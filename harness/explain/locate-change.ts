import { getHeader, type RequestHead } from '#core/http-message.ts';
import type { TimelineEventOf } from '#core/timeline.ts';
import { splitTarget } from '#mock-aws/sigv4/split-target.ts';
import { findCanonicalValue } from './canonical-value.ts';
import type { Change } from './change.ts';
import type { RequestTrace } from './trace-request.ts';

/** Where on its path a request stopped being what was signed. */
export interface ChangePlace {
  /** `aws edge`, `proxy "ingress"`, ... */
  readonly name: string;
  /** Set when the signing hop itself changed it, after its signer. */
  readonly isAfterSigning: boolean;
}

interface Station {
  readonly name: string;
  readonly head: RequestHead;
  readonly isAfterSigning?: boolean;
}

export const EDGE = 'aws edge';

/** The first place, from the signer on, where the changed piece has another value than before; undefined when none has. */
export function locateChange(trace: RequestTrace, { subject }: Change): ChangePlace | undefined {
  const stations = listStations(trace);
  const [first] = stations;
  if (first === undefined) return undefined;
  const signedValue = readPiece(first.head, subject);
  const changed = stations.find(({ head }) => readPiece(head, subject) !== signedValue);
  return changed === undefined ? undefined : { name: changed.name, isAfterSigning: changed.isAfterSigning === true };
}

/** Every place where the signed request was seen, in the order of its path. */
function listStations(trace: RequestTrace): Station[] {
  const { received, checked } = trace.verdict;
  const seen = trace.signed === undefined ? listAfterCaller(trace) : listAfterSigner(trace, trace.signed);
  const last: Station = { name: seen.length === 0 ? EDGE : 'the way to AWS', head: received };
  return [...seen, last, { name: EDGE, head: checked }];
}

function listAfterSigner({ hops }: RequestTrace, signed: TimelineEventOf<'signed'>): Station[] {
  const signer = hops.findIndex(({ source }) => source === signed.source);
  const later = signer === -1 ? [] : hops.slice(signer);
  return [
    { name: signed.source, head: signed.request },
    ...later.flatMap((hop, index) => listHop(hop, index === 0 ? 'signed' : 'passed')),
  ];
}

/** No proxy has signed: the caller has, if it sent the signature that AWS received. */
function listAfterCaller({ call, hops, verdict }: RequestTrace): Station[] {
  const signature = getHeader(verdict.received.headers, 'authorization');
  if (call === undefined || getHeader(call.request.headers, 'authorization') !== signature) return [];
  return [{ name: call.source, head: call.request }, ...hops.flatMap((hop) => listHop(hop, 'passed'))];
}

function listHop({ source, received, sent }: TimelineEventOf<'hop'>, role: 'signed' | 'passed'): Station[] {
  return [
    ...(role === 'signed' ? [] : [{ name: `the way to ${source}`, head: received }]),
    ...(sent === undefined ? [] : [{ name: source, head: sent, isAfterSigning: role === 'signed' }]),
  ];
}

function readPiece(head: RequestHead, subject: string): string | undefined {
  if (subject === ':method') return head.method;
  if (subject === ':path') return splitTarget(head.target).path;
  if (subject === ':query') return splitTarget(head.target).query;
  return findCanonicalValue(head.headers, subject === ':date' ? 'x-amz-date' : subject);
}
