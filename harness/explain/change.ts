import type { SignatureCause } from './cause.ts';
import type { PartsEdit } from './signing-parts.ts';

/** One way in which what was signed may differ from what was checked. */
export interface Change {
  readonly cause: SignatureCause;
  /** Makes the parts that were checked those that were signed. */
  readonly edit: PartsEdit;
  /** Completes "the signature sent matches if ...": `host is read as "name:9080"`. */
  readonly reading: string;
  /** `observed` stands in an event or in the request itself; `usual` and `rare` are guesses, tried in that order. */
  readonly origin: 'observed' | 'usual' | 'rare';
  /** What differs, for sentences and for finding the hop: a lower-case header name, `:path`, `:method`, ... */
  readonly subject: string;
  /** Value as signed; undefined when it was not there. */
  readonly signed: string | undefined;
  /** Value as checked; undefined when it was not there. */
  readonly checked: string | undefined;
}

/** The pieces a change touches; two changes combine to a pair when they touch none in common. */
export function listTouched({ edit }: Change): string[] {
  return Object.keys(edit).flatMap((part) =>
    part === 'headers' ? Object.keys(edit.headers ?? {}).map((name) => `header ${name}`) : [part],
  );
}

/** A value in double quotes for a reading; the rest of a long one stands in the canonical request. */
export function quoteValue(value: string): string {
  return value.length <= LONGEST_VALUE ? `"${value}"` : `"${value.slice(0, LONGEST_VALUE)}..."`;
}

const LONGEST_VALUE = 60;
