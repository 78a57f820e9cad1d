import type { Instant } from '#core/clock.ts';

/** One request that reached an AWS service. */
export interface LedgerRequest {
  readonly at: Instant;
  readonly isSigned: boolean;
  /** Undefined when it was not signed, or too badly to tell by whom. */
  readonly accessKeyId: string | undefined;
  readonly isAccepted: boolean;
  /** Why it was refused: `ExpiredTokenException`. */
  readonly code: string | undefined;
}

/** What the services saw of one access key. */
export interface KeyEntry {
  readonly accessKeyId: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly requests: number;
  readonly failures: readonly LedgerRequest[];
  /** From the last request with the key used before to the first with this one; negative when both were in use. */
  readonly gapMs: number | undefined;
}

/** Who signed the requests to an AWS service, key by key, as the timeline tells it. */
export class KeyLedger {
  readonly service: string;
  /** Every request, in order of arrival. */
  readonly requests: readonly LedgerRequest[];
  /** One entry for each key, in order of first use. */
  readonly keys: readonly KeyEntry[];
  readonly #validUntil: ReadonlyMap<string, Instant>;

  /** @param validUntil when keys stopped being valid, for those that did */
  constructor(service: string, requests: readonly LedgerRequest[], validUntil: ReadonlyMap<string, Instant>) {
    this.service = service;
    this.requests = requests;
    this.keys = listEntries(requests);
    this.#validUntil = validUntil;
  }

  find(accessKeyId: string): KeyEntry | undefined {
    return this.keys.find((entry) => entry.accessKeyId === accessKeyId);
  }

  /** When a key was deactivated or deleted, or its session expired; undefined while it is valid. */
  endOf(accessKeyId: string): Instant | undefined {
    return this.#validUntil.get(accessKeyId);
  }
}

function listEntries(requests: readonly LedgerRequest[]): KeyEntry[] {
  const byKey = new Map<string, LedgerRequest[]>();
  for (const request of requests) {
    const { accessKeyId } = request;
    if (accessKeyId === undefined) continue;
    const own = byKey.get(accessKeyId);
    if (own === undefined) byKey.set(accessKeyId, [request]);
    else own.push(request);
  }
  let previous: KeyEntry | undefined;
  return Array.from(byKey, ([accessKeyId, own]) => (previous = createEntry(accessKeyId, own, previous)));
}

function createEntry(accessKeyId: string, own: readonly LedgerRequest[], previous: KeyEntry | undefined): KeyEntry {
  const firstAt = own[0]?.at ?? 0;
  return {
    accessKeyId,
    firstAt,
    lastAt: own.at(-1)?.at ?? firstAt,
    requests: own.length,
    failures: own.filter(({ isAccepted }) => !isAccepted),
    gapMs: previous && firstAt - previous.lastAt,
  };
}
