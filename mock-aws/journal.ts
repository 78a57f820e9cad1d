import type { Instant } from '#core/clock.ts';
import type { RequestHead } from '#core/http-message.ts';
import type { ServiceName } from './aws-call.ts';
import { BoundedList } from './bounded-list.ts';
import type { EdgeChange } from './edge/types.ts';
import type { AuthFailure } from './sigv4/auth-error.ts';

/** One request from arrival to answer. Session tokens are hidden in it. */
export interface JournalEntry {
  readonly requestId: string;
  readonly at: Instant;
  readonly service: ServiceName;
  /** As it came off the wire. */
  readonly received: RequestHead;
  /** As the front end passed it on, which is what was verified. */
  readonly checked: RequestHead;
  readonly edgeChanges: readonly EdgeChange[];
  /** `not-verified` when the front end turned the request away. */
  readonly verdict: 'accepted' | 'refused' | 'not-verified';
  readonly accessKeyId: string | undefined;
  /** ARN of who the access key belongs to. */
  readonly principal: string | undefined;
  readonly canonicalRequest: string | undefined;
  readonly stringToSign: string | undefined;
  readonly warnings: readonly string[];
  /** Undefined for a request that was refused. */
  readonly operation: string | undefined;
  /** Undefined until the request is answered. */
  readonly status: number | undefined;
  /** Error code of the answer. */
  readonly code: string | undefined;
  /** The check of the signature that failed, and AWS's text for it. */
  readonly failure: AuthFailure | 'reserved-header' | undefined;
  readonly message: string | undefined;
}

/** An entry while its request is worked on. */
export type OpenEntry = { -readonly [Member in keyof JournalEntry]: JournalEntry[Member] };

const DEFAULT_CAPACITY = 1000;

/** The last requests of every service, in order of arrival. */
export class Journal {
  readonly #entries: BoundedList<JournalEntry>;

  constructor(capacity = DEFAULT_CAPACITY) {
    this.#entries = new BoundedList(capacity);
  }

  /** Keeps an entry; what is learnt about its request later shows in {@link entries}. */
  add(entry: OpenEntry): void {
    this.#entries.push(entry);
  }

  /** Oldest first. */
  entries(): readonly JournalEntry[] {
    return this.#entries.toArray();
  }
}
