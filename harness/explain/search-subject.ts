import type { RequestHead } from '#core/http-message.ts';
import type { HeaderChange } from '#core/timeline.ts';
import type { Change } from './change.ts';
import type { CarrierForm } from '#mock-aws/sigv4/types.ts';
import type { SigningParts } from './signing-parts.ts';

/** A refused request and everything known about it that a search can start from. Strings are byte strings. */
export interface SearchSubject {
  /** What the verifier rebuilt. */
  readonly parts: SigningParts;
  readonly form: CarrierForm;
  /** As it came off the wire, before the edge. */
  readonly received: RequestHead;
  /** After the edge. */
  readonly checked: RequestHead;
  /** Absent when only events are known: they carry no bodies. */
  readonly body?: Uint8Array;
  readonly edgeChanges: readonly HeaderChange[];
  /** The same request at other places of its path, if events show it there. */
  readonly observed: readonly RequestHead[];
  /** Changes to try before all others, such as the differences from what the signer says it signed. */
  readonly hints?: readonly Change[];
}
