import { RESPONSE_TOO_LARGE, type LocalReply } from '../../http/local-reply.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import { RequestBody } from '../../http/request-body.ts';
import { BodyTooLargeError } from '../../http/read-body.ts';
import { createUpstreamResponse } from '../../http/response-in-progress.ts';
import { untilAbandoned, type AbandonSignal } from '../../upstreams/abandonment.ts';
import type { UpstreamResponse } from '../../upstreams/types.ts';
import { passBack, passFilters } from '../run-filters.ts';
import type { FilteredRequest, ResponseHandler, UpstreamFilters } from '../filter.ts';

/** An answer that a filter of the cluster gives in place of the endpoint: it goes to the caller and is not retried. */
export class FilterReplyError extends Error {
  readonly reply: LocalReply;

  constructor(reply: LocalReply) {
    super(reply.details);
    this.name = 'FilterReplyError';
    this.reply = reply;
  }
}

/**
 * One attempt on its way through the HTTP filters of a cluster, and its answer on the way back.
 *
 * What filters do to the headers stays: the next attempt begins with it, but with the body that the caller sent. An Envoy
 * keeps one set of headers for all attempts (envoyproxy/envoy#35075; measured with 1.36 and 1.40).
 */
export class FilteredAttempt {
  readonly #request: FilteredRequest;
  readonly #filters: UpstreamFilters;
  readonly #handlers: ResponseHandler[] = [];
  readonly body: RequestBody;

  constructor(request: FilteredRequest, filters: UpstreamFilters) {
    this.#request = request;
    this.#filters = filters;
    this.body = request.body.share();
  }

  /** @throws FilterReplyError when a filter answers; the signal's reason */
  async prepare(signal: AbandonSignal): Promise<void> {
    const { logPrefix, headers, route, cluster } = this.#request;
    // An attempt that is given up while it waits for keys must not sign what the next one sends.
    const own: HeaderMap = headers.clone();
    const attempt = { logPrefix, headers: own, body: this.body, route, cluster };
    const passing = passFilters(attempt, this.#filters, this.#handlers);
    const reply = await untilAbandoned(Promise.resolve(passing), signal);
    if (reply !== undefined) throw new FilterReplyError(reply);
    headers.assign(own);
  }

  /** @throws FilterReplyError for an answer that is too large for a filter; UpstreamError for one that breaks off */
  async receive(response: UpstreamResponse): Promise<UpstreamResponse> {
    if (this.#handlers.length === 0) return response;
    const progress = createUpstreamResponse({ kind: 'upstream', ...response }, this.#request);
    try {
      await passBack(progress, this.#handlers);
    } catch (error) {
      throw error instanceof BodyTooLargeError ? new FilterReplyError(RESPONSE_TOO_LARGE) : error;
    }
    const { headers, body = Buffer.alloc(0), trailers } = progress;
    return { headers, body, trailers, endpoint: response.endpoint };
  }
}
