import { create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { MeshrigError } from '#core/errors.ts';
import type { Random } from '#core/random.ts';
import { createConnectionInbox, type ConnectionInbox } from './connection-inbox.ts';
import type { DiscoveryStream } from './discovery-stream.ts';
import {
  DiscoveryResponseSchema,
  type DiscoveryRequest,
  type DiscoveryResponse,
  type Node,
} from './generated/messages.js';
import type { Push } from './push.ts';
import { sortByPushOrder } from './resource-types.ts';
import { ServerSubscriptions, type WatchStatus } from './server-subscriptions.ts';

/** A resource ready to be sent. */
export interface NamedResource {
  readonly name: string;
  readonly resource: Any;
}

/** Who wants what. No names means everything of a wildcard type. */
export interface GenerateRequest {
  readonly node: Node;
  readonly typeUrl: string;
  readonly names: readonly string[];
}

/** What happened on one client's stream. */
export type DiscoveryServerEvent = ServedClient &
  (
    | { readonly type: 'connected' }
    | { readonly type: 'disconnected' }
    | {
        readonly type: 'pushed';
        readonly typeUrl: string;
        readonly version: string;
        readonly nonce: string;
        readonly reason: string;
        readonly names: readonly string[];
      }
    | { readonly type: 'acked'; readonly typeUrl: string; readonly version: string; readonly nonce: string }
    | {
        readonly type: 'nacked';
        readonly typeUrl: string;
        readonly version: string;
        readonly nonce: string;
        readonly error: string;
      }
    | { readonly type: 'expired'; readonly typeUrl: string; readonly nonce: string }
  );

export interface DiscoveryServerOptions {
  readonly random: Random;
  /** The version of what is served before the first push. */
  readonly version: string;
  /** Makes the resources for one client. Undefined: there is nothing to say, and nothing is sent. */
  readonly generate: (request: GenerateRequest) => readonly NamedResource[] | undefined;
  readonly onEvent?: (event: DiscoveryServerEvent) => void;
  /** What can go wrong on the way to a client. Default: nothing. */
  readonly delivery?: Delivery;
}

/** One client's stream. `connection` counts from 1. */
export interface ServedClient {
  readonly connection: number;
  readonly node: Node;
}

/** The way from a server to its clients, where things are late or get lost. */
export interface Delivery {
  /** Has a push sent with `send`: at once, later, or part by part. */
  readonly schedule: (client: ServedClient, push: Push, send: (push: Push) => void) => void;
  /** Whether a response that the server takes for sent never arrives. */
  readonly loses: (client: ServedClient, typeUrl: string) => boolean;
}

/** One client as `istioctl proxy-status` sees it. */
export interface ConnectionStatus extends ServedClient {
  readonly watches: readonly WatchStatus[];
}

export interface DiscoveryServer {
  /**
   * Serves one client.
   *
   * The iteration throws MeshrigError `INVALID_REQUEST` when the first request does not say whose it is.
   */
  readonly serve: DiscoveryStream;
  /** Sends every client what it watches. While an earlier push is under way to a client, later ones merge into one. */
  push(push: Push): void;
  /** Ends the streams of some clients, cleanly: they come again. */
  end(isMeant: (client: ServedClient) => boolean): void;
  connections(): readonly ConnectionStatus[];
}

interface ServedConnection extends ServedClient {
  readonly subscriptions: ServerSubscriptions;
  readonly inbox: ConnectionInbox;
}

/** Creates a state-of-the-world ADS server that behaves as istiod does. It has no transport and no timers. */
export function createDiscoveryServer(options: DiscoveryServerOptions): DiscoveryServer {
  const connections = new Set<ServedConnection>();
  const report = options.onEvent ?? (() => {});
  const delivery = options.delivery ?? DIRECT;
  let count = 0;
  let version = options.version;

  return {
    async *serve(requests, signal) {
      const inbox = createConnectionInbox(requests, signal);
      const first = await inbox.next();
      if (first?.kind !== 'request') return;
      const served = admit(first.request, inbox);
      yield* answer(served, first.request);
      for (let work = await inbox.next(); work !== undefined; work = await inbox.next()) {
        if (work.kind === 'request') yield* answer(served, work.request);
        else yield* sendPush(served, work.push);
      }
    },
    push(push) {
      version = push.version;
      for (const served of connections) delivery.schedule(identify(served), push, (due) => served.inbox.addPush(due));
    },
    end(isMeant) {
      for (const served of connections) if (isMeant(identify(served))) served.inbox.close();
    },
    connections: () =>
      Array.from(connections, (served) => ({ ...identify(served), watches: served.subscriptions.getStatus() })),
  };

  function admit({ node }: DiscoveryRequest, inbox: ConnectionInbox): ServedConnection {
    // The words are istiod's (istio pkg/xds/server.go).
    if (node === undefined || node.id === '') throw new MeshrigError('INVALID_REQUEST', 'missing node information');
    const served = { connection: ++count, node, subscriptions: new ServerSubscriptions(), inbox };
    connections.add(served);
    report({ type: 'connected', ...identify(served) });
    // Not where serve() ends: a transport that breaks while it writes may never ask for the next response.
    void inbox.closed.then(() => {
      connections.delete(served);
      report({ type: 'disconnected', ...identify(served) });
    });
    return served;
  }

  function* answer(served: ServedConnection, request: DiscoveryRequest): Iterable<DiscoveryResponse> {
    const { typeUrl, responseNonce: nonce } = request;
    const meaning = served.subscriptions.receive(request);
    const about = { ...identify(served), typeUrl, nonce };
    if (meaning.kind === 'expired') report({ type: 'expired', ...about });
    if (meaning.kind === 'acked') report({ type: 'acked', version: request.versionInfo, ...about });
    if (meaning.kind === 'nacked') reportRejection(served, request);
    if (meaning.answer === undefined) return;
    yield* send(served, typeUrl, meaning.answer, 'request');
  }

  function reportRejection(served: ServedConnection, request: DiscoveryRequest): void {
    const { typeUrl, responseNonce: nonce, errorDetail } = request;
    const watch = served.subscriptions.getStatus().find((status) => status.typeUrl === typeUrl);
    const rejected = watch?.nonceSent === nonce ? watch.versionSent : '';
    report({
      type: 'nacked',
      ...identify(served),
      typeUrl,
      version: rejected,
      nonce,
      error: errorDetail?.message ?? '',
    });
  }

  function* sendPush(served: ServedConnection, push: Push): Iterable<DiscoveryResponse> {
    const { subscriptions } = served;
    const due = subscriptions.getTypeUrls().filter((typeUrl) => push.only?.has(typeUrl) ?? true);
    for (const typeUrl of sortByPushOrder(due)) {
      const names = subscriptions.getNames(typeUrl);
      if (names !== undefined) yield* send(served, typeUrl, names, push.reason);
    }
  }

  function* send(
    served: ServedConnection,
    typeUrl: string,
    names: readonly string[],
    reason: string,
  ): Iterable<DiscoveryResponse> {
    const resources = options.generate({ node: served.node, typeUrl, names });
    if (resources === undefined) return;
    const sent = { version, nonce: version + options.random.uuid() };
    served.subscriptions.recordSent(typeUrl, sent.version, sent.nonce);
    report({ type: 'pushed', ...identify(served), typeUrl, reason, names: resources.map(({ name }) => name), ...sent });
    if (delivery.loses(identify(served), typeUrl)) return;
    yield create(DiscoveryResponseSchema, {
      typeUrl,
      versionInfo: sent.version,
      nonce: sent.nonce,
      resources: resources.map(({ resource }) => resource),
    });
  }
}

const DIRECT: Delivery = { schedule: (_, push, send) => send(push), loses: () => false };

function identify({ connection, node }: ServedConnection): ServedClient {
  return { connection, node };
}
