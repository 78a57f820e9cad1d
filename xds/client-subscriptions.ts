import { create } from '@bufbuild/protobuf';
import {
  DiscoveryRequestSchema,
  StatusSchema,
  type DiscoveryRequest,
  type DiscoveryResponse,
} from './generated/messages.js';
import { isWildcardType, sortByPushOrder } from './resource-types.ts';

// Envoy rejects with INTERNAL.
const INTERNAL = 13;

/** What the client knows about one type. */
interface Watch {
  /** What the client wants now, and what its last request on this stream asked for. */
  wanted: ReadonlySet<string>;
  asked: ReadonlySet<string> | undefined;
  /** The nonce of the last request since the names first changed; undefined before that. */
  changedUnder: string | undefined;
  /** The last accepted version, kept across streams; the last nonce, valid on one stream. */
  version: string;
  nonce: string;
  /** A response has come that is not answered yet. */
  isConsidering: boolean;
}

/**
 * The client's half of state-of-the-world discovery: which request to send when. It does no I/O; the caller sends every
 * request it returns, in order. Rules: the xDS protocol page of Envoy's documentation, "ACK/NACK and resource type
 * instance version".
 */
export class ClientSubscriptions {
  readonly #watches = new Map<string, Watch>();

  /** Changes the names wanted of a type. Returns the request to send, if the stream is open and one is due now. */
  subscribe(typeUrl: string, names: Iterable<string>): DiscoveryRequest | undefined {
    const watch = this.#watches.get(typeUrl) ?? createWatch();
    this.#watches.set(typeUrl, watch);
    watch.wanted = new Set(names);
    // The server ignores requests with an old nonce, and the considered response has brought a new one: the answer to
    // it will carry the names.
    return watch.isConsidering ? undefined : askForChange(typeUrl, watch);
  }

  /** Starts a new stream. Returns the first requests: known versions, no nonces. */
  restart(): DiscoveryRequest[] {
    return sortByPushOrder(this.#watches.keys()).flatMap((typeUrl) => {
      const watch = this.#watches.get(typeUrl);
      if (watch === undefined) return [];
      Object.assign(watch, { nonce: '', asked: undefined, changedUnder: undefined, isConsidering: false });
      return askForChange(typeUrl, watch) ?? [];
    });
  }

  /** Takes note of a response. False when it must be ignored because nobody ever asked for its type. */
  receive(response: DiscoveryResponse): boolean {
    const watch = this.#watches.get(response.typeUrl);
    if (watch === undefined) return false;
    watch.isConsidering = true;
    return true;
  }

  /** Whether anything of the type is wanted at the moment. */
  isSubscribed(typeUrl: string): boolean {
    const watch = this.#watches.get(typeUrl);
    return watch !== undefined && asksForAnything(typeUrl, watch.wanted);
  }

  /** Accepts a response. Returns the ACK, which also carries names that were changed meanwhile. */
  accept(response: DiscoveryResponse): DiscoveryRequest[] {
    const watch = this.#settle(response);
    watch.version = response.versionInfo;
    return [ask(response.typeUrl, watch)];
  }

  /**
   * Rejects a response. Returns the NACK, with the version accepted before, and a second request when names were changed
   * meanwhile, because istiod does not look at the names in a NACK.
   */
  reject(response: DiscoveryResponse, message: string): DiscoveryRequest[] {
    const watch = this.#settle(response);
    const nack = createRequest(response.typeUrl, watch, watch.asked ?? watch.wanted);
    nack.errorDetail = create(StatusSchema, { code: INTERNAL, message });
    // A change asked for under an older nonce is lost if the rejected response crossed it on the way.
    const isUncertain = watch.changedUnder !== undefined && watch.changedUnder !== watch.nonce;
    const change = isUncertain ? ask(response.typeUrl, watch) : askForChange(response.typeUrl, watch);
    return change === undefined ? [nack] : [nack, change];
  }

  #settle(response: DiscoveryResponse): Watch {
    const watch = this.#watches.get(response.typeUrl) ?? createWatch();
    watch.nonce = response.nonce;
    watch.isConsidering = false;
    return watch;
  }
}

function createWatch(): Watch {
  return { wanted: new Set(), asked: undefined, changedUnder: undefined, version: '', nonce: '', isConsidering: false };
}

function askForChange(typeUrl: string, watch: Watch): DiscoveryRequest | undefined {
  const hasChanged =
    watch.asked === undefined ? asksForAnything(typeUrl, watch.wanted) : !isSameSet(watch.asked, watch.wanted);
  return hasChanged ? ask(typeUrl, watch) : undefined;
}

function ask(typeUrl: string, watch: Watch): DiscoveryRequest {
  const hasChanged = watch.asked !== undefined && !isSameSet(watch.asked, watch.wanted);
  if (hasChanged || watch.changedUnder !== undefined) watch.changedUnder = watch.nonce;
  watch.asked = watch.wanted;
  return createRequest(typeUrl, watch, watch.wanted);
}

function createRequest(typeUrl: string, watch: Watch, names: ReadonlySet<string>): DiscoveryRequest {
  return create(DiscoveryRequestSchema, {
    typeUrl,
    versionInfo: watch.version,
    responseNonce: watch.nonce,
    resourceNames: Array.from(names),
  });
}

function asksForAnything(typeUrl: string, names: ReadonlySet<string>): boolean {
  return names.size > 0 || isWildcardType(typeUrl);
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && Array.from(one).every((name) => other.has(name));
}
