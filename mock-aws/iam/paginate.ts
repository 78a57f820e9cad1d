import { iamValidationError } from './iam-errors.ts';

/** One page of a list in IAM's form (aws.md 4.1). */
export interface Page<T> {
  readonly items: T[];
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

/** @throws ServiceError `ValidationError` for a size out of range or a marker that is none */
export function paginate<T>(
  all: readonly T[],
  request: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined },
): Page<T> {
  const size = request.MaxItems ?? DEFAULT_PAGE_SIZE;
  if (!(size >= 1 && size <= MAX_PAGE_SIZE)) {
    throw iamValidationError(
      `1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must have value between 1 and ${MAX_PAGE_SIZE}`,
    );
  }
  const start = request.Marker === undefined ? 0 : readMarker(request.Marker);
  const items = all.slice(start, start + size);
  const next = start + items.length;
  return next < all.length ? { items, IsTruncated: true, Marker: writeMarker(next) } : { items, IsTruncated: false };
}

function writeMarker(position: number): string {
  return Buffer.from(`position ${position}`).toString('base64');
}

function readMarker(marker: string): number {
  const position = /^position (?<at>\d+)$/.exec(Buffer.from(marker, 'base64').toString('latin1'))?.groups?.['at'];
  if (position === undefined) throw iamValidationError('Invalid Marker.');
  return Number(position);
}
