import { PAYLOAD_TOO_LARGE, type LocalReply } from '../http/local-reply.ts';
import { BodyTooLargeError } from '../http/read-body.ts';
import type { RequestBody } from '../http/request-body.ts';
import type { FilterResult } from './filter.ts';

type Outcome = FilterResult | Promise<FilterResult>;

/** Goes on with all of a request's body, at once where it has arrived. One that is too large is answered with 413. */
export function withWholeBody(body: RequestBody, proceed: (whole: Buffer | undefined) => Outcome): Outcome {
  let whole: ReturnType<RequestBody['read']>;
  try {
    whole = body.read();
  } catch (error) {
    return refuseTooLarge(error);
  }
  return whole instanceof Promise ? whole.then(proceed, refuseTooLarge) : proceed(whole);
}

function refuseTooLarge(error: unknown): LocalReply {
  if (error instanceof BodyTooLargeError) return PAYLOAD_TOO_LARGE;
  throw error;
}
