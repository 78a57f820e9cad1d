import type { RequestHead } from '#core/http-message.ts';
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
function listStations({ signed, hops, verdict }: RequestTrace): Station[] {
  if (signed === undefined) {
    return [
      { name: EDGE, head: verdict.received },
      { name: EDGE, head: verdict.checked },
    ];
  }
  const signer = hops.findIndex(({ source }) => source === signed.source);
  const later = signer === -1 ? [] : hops.slice(signer);
  return [
    { name: signed.source, head: signed.request },
    ...later.flatMap(({ source, received, sent }, index): Station[] => [
      ...(index === 0 ? [] : [{ name: `the way to ${source}`, head: received }]),
      ...(sent === undefined ? [] : [{ name: source, head: sent, isAfterSigning: index === 0 }]),
    ]),
    { name: 'the way to AWS', head: verdict.received },
    { name: EDGE, head: verdict.checked },
  ];
}

function readPiece(head: RequestHead, subject: string): string | undefined {
  if (subject === ':method') return head.method;
  if (subject === ':path') return splitTarget(head.target).path;
  if (subject === ':query') return splitTarget(head.target).query;
  return findCanonicalValue(head.headers, subject === ':date' ? 'x-amz-date' : subject);
}
