import type { DiscoveryRequest } from './generated/messages.js';
import { CLUSTER_TYPE, ENDPOINT_TYPE, isWildcardType } from './resource-types.ts';

/** A rejected response, as the client told it. */
interface Rejection {
  readonly nonce: string;
  readonly message: string;
}

/** What one client watches of one type, and how far it got. Empty nonces mean: nothing sent, nothing accepted yet. */
export interface WatchStatus {
  readonly typeUrl: string;
  readonly names: readonly string[];
  readonly versionSent: string;
  readonly nonceSent: string;
  readonly nonceAcked: string;
  /** The last rejection, until a later response is accepted. */
  readonly rejection: Rejection | undefined;
}

/** What a request turned out to be. */
export interface RequestMeaning {
  readonly kind: 'subscribed' | 'unsubscribed' | 'changed' | 'acked' | 'nacked' | 'expired';
  /** The names to answer with, empty for everything of a wildcard type; undefined when no answer is due. */
  readonly answer: readonly string[] | undefined;
}

interface Watch {
  names: ReadonlySet<string>;
  versionSent: string;
  nonceSent: string;
  nonceAcked: string;
  rejection: Rejection | undefined;
  /** Answer the next request even if it looks like an ACK. */
  mustAnswer: boolean;
}

/**
 * The server's half of state-of-the-world discovery, for one stream: what a request means, and whether it is answered.
 * Rules and their order: istio pkg/xds/server.go, ShouldRespond.
 */
export class ServerSubscriptions {
  readonly #watches = new Map<string, Watch>();

  receive(request: DiscoveryRequest): RequestMeaning {
    const { typeUrl, responseNonce: nonce } = request;
    const watch = this.#watches.get(typeUrl);
    if (request.errorDetail !== undefined) {
      if (watch !== undefined) watch.rejection = { nonce, message: request.errorDetail.message };
      return { kind: 'nacked', answer: undefined };
    }
    if (request.resourceNames.length === 0 && !isWildcardType(typeUrl)) {
      this.#watches.delete(typeUrl);
      return { kind: 'unsubscribed', answer: undefined };
    }
    if (watch === undefined || nonce === '') return this.#subscribe(request);
    if (nonce !== watch.nonceSent) return { kind: 'expired', answer: undefined };
    return this.#update(watch, request);
  }

  /** Notes that a response was sent. */
  recordSent(typeUrl: string, version: string, nonce: string): void {
    const watch = this.#watches.get(typeUrl);
    if (watch !== undefined) Object.assign(watch, { versionSent: version, nonceSent: nonce });
  }

  /** The names watched of a type; undefined when it is not watched. */
  getNames(typeUrl: string): readonly string[] | undefined {
    const watch = this.#watches.get(typeUrl);
    return watch && Array.from(watch.names);
  }

  getTypeUrls(): readonly string[] {
    return Array.from(this.#watches.keys());
  }

  getStatus(): readonly WatchStatus[] {
    return Array.from(this.#watches, ([typeUrl, { names, versionSent, nonceSent, nonceAcked, rejection }]) => ({
      typeUrl,
      names: Array.from(names),
      versionSent,
      nonceSent,
      nonceAcked,
      rejection,
    }));
  }

  #subscribe({ typeUrl, resourceNames }: DiscoveryRequest): RequestMeaning {
    const names = new Set(resourceNames);
    const nothing = { versionSent: '', nonceSent: '', nonceAcked: '', rejection: undefined, mustAnswer: false };
    this.#watches.set(typeUrl, { names, ...nothing });
    // Clusters that are sent anew warm until their endpoints come, and the client's next endpoint request may look like
    // an ACK of what it already has (istio pilot/pkg/model/context.go, NewWatchedResource).
    const endpoints = this.#watches.get(ENDPOINT_TYPE);
    if (typeUrl === CLUSTER_TYPE && endpoints !== undefined) endpoints.mustAnswer = true;
    return { kind: 'subscribed', answer: Array.from(names) };
  }

  #update(watch: Watch, { typeUrl, resourceNames, responseNonce }: DiscoveryRequest): RequestMeaning {
    const before = watch.names;
    const names = new Set(resourceNames);
    const added = Array.from(names).filter((name) => !before.has(name));
    const isChanged = added.length > 0 || names.size !== before.size;
    const kind = acceptNonce(watch, responseNonce) || !isChanged ? 'acked' : 'changed';
    const mustAnswer = watch.mustAnswer;
    Object.assign(watch, { names, mustAnswer: false });
    if (mustAnswer) return { kind, answer: Array.from(names) };
    if (isWildcardType(typeUrl)) return { kind, answer: isChanged ? Array.from(names) : undefined };
    return { kind, answer: added.length > 0 ? added : undefined };
  }
}

/** True when the nonce is accepted now. One that was rejected stays so: the request only changes names. */
function acceptNonce(watch: Watch, nonce: string): boolean {
  if (watch.nonceAcked === nonce || watch.rejection?.nonce === nonce) return false;
  watch.nonceAcked = nonce;
  watch.rejection = undefined;
  return true;
}
