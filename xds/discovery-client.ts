import type { Any } from '@bufbuild/protobuf/wkt';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { Random } from '#core/random.ts';
import { ClientSubscriptions } from './client-subscriptions.ts';
import type { DiscoveryStream } from './discovery-stream.ts';
import type { DiscoveryRequest, DiscoveryResponse, Node } from './generated/messages.js';
import { createMessageQueue, type MessageQueue } from './message-queue.ts';

/** A complete answer of one type, before it is accepted. */
export interface ReceivedResources {
  readonly typeUrl: string;
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly Any[];
}

/** What becomes of a response: the ACK, or the NACK with its text. */
export type Acceptance = 'accepted' | { readonly rejected: string };

export type DiscoveryClientEvent =
  | { readonly type: 'stream-opened' }
  | { readonly type: 'stream-ended'; readonly reason: string; readonly retryInMs: number }
  | { readonly type: 'requested'; readonly typeUrl: string; readonly names: readonly string[] }
  | { readonly type: 'acked'; readonly typeUrl: string; readonly version: string; readonly nonce: string }
  | {
      readonly type: 'nacked';
      readonly typeUrl: string;
      readonly version: string;
      readonly nonce: string;
      readonly error: string;
    };

export interface DiscoveryClientOptions {
  /** Who asks. Sent with the first request of each stream. */
  readonly node: Node;
  readonly stream: DiscoveryStream;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Decides about a response. Responses come one at a time, in order; the next one waits until this one is decided, so
   * don't wait here for other resources to arrive. An exception counts as a rejection with its message.
   */
  readonly onResponse: (received: ReceivedResources) => Acceptance | Promise<Acceptance>;
  readonly onEvent?: (event: DiscoveryClientEvent) => void;
}

export interface DiscoveryClient extends AsyncDisposable {
  /**
   * Sets the names wanted of a type, in place of those before. No names means everything for a wildcard type (CDS, LDS)
   * and nothing for the others.
   */
  subscribe(typeUrl: string, names?: Iterable<string>): void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/**
 * Starts a state-of-the-world ADS client. It keeps a stream open until disposed: however a stream ends, a new one is
 * opened after a random delay of at most 0.5 s, growing to 30 s while no response comes. Nothing is forgotten in between.
 */
export function startDiscoveryClient(options: DiscoveryClientOptions): DiscoveryClient {
  const subscriptions = new ClientSubscriptions();
  const stopping = new AbortController();
  const report = options.onEvent ?? (() => {});
  let requests: RequestWriter | undefined;
  const finished = keepStreaming();

  return {
    subscribe(typeUrl, names = []) {
      const change = subscriptions.subscribe(typeUrl, names);
      if (change !== undefined) send([change]);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await finished;
    },
  };

  async function keepStreaming(): Promise<void> {
    // The caller subscribes first, so that the first requests leave in the order of types.
    await Promise.resolve();
    let failures = 0;
    while (!stopping.signal.aborted) {
      const end = await runStream();
      if (stopping.signal.aborted) return;
      if (end.hasAnswered) failures = 0;
      const retryInMs = Math.floor(options.random.float() * getRetryLimit(failures++));
      report({ type: 'stream-ended', reason: end.reason, retryInMs });
      await options.clock.sleep(retryInMs, stopping.signal).catch(() => {});
    }
  }

  async function runStream(): Promise<{ reason: string; hasAnswered: boolean }> {
    const queue = createMessageQueue<DiscoveryRequest>();
    requests = createRequestWriter(queue, options.node);
    let hasAnswered = false;
    try {
      report({ type: 'stream-opened' });
      send(subscriptions.restart());
      for await (const response of options.stream(queue, stopping.signal)) {
        hasAnswered = true;
        await answer(response, requests);
      }
      return { reason: 'the server ended the stream', hasAnswered };
    } catch (error) {
      return { reason: messageOf(error), hasAnswered };
    } finally {
      requests = undefined;
      queue.end();
    }
  }

  async function answer(response: DiscoveryResponse, writer: RequestWriter): Promise<void> {
    const { typeUrl, versionInfo: version, nonce } = response;
    if (!subscriptions.receive(response)) return;
    // Nobody waits for what was unsubscribed while the response was under way, but the server waits for its answer.
    const acceptance = subscriptions.isSubscribed(typeUrl) ? await decide(response) : 'accepted';
    if (acceptance === 'accepted') {
      writer.write(subscriptions.accept(response));
      report({ type: 'acked', typeUrl, version, nonce });
    } else {
      writer.write(subscriptions.reject(response, acceptance.rejected));
      report({ type: 'nacked', typeUrl, version, nonce, error: acceptance.rejected });
    }
  }

  async function decide(response: DiscoveryResponse): Promise<Acceptance> {
    const { typeUrl, versionInfo, nonce, resources } = response;
    try {
      return await options.onResponse({ typeUrl, version: versionInfo, nonce, resources });
    } catch (error) {
      return { rejected: messageOf(error) };
    }
  }

  function send(changes: readonly DiscoveryRequest[]): void {
    if (requests === undefined) return;
    requests.write(changes);
    for (const { typeUrl, resourceNames } of changes) report({ type: 'requested', typeUrl, names: resourceNames });
  }
}

interface RequestWriter {
  write(requests: readonly DiscoveryRequest[]): void;
}

/** Puts the node into the first request of a stream, and into no other. */
function createRequestWriter(queue: MessageQueue<DiscoveryRequest>, node: Node): RequestWriter {
  let isFirst = true;
  return {
    write(requests) {
      for (const request of requests) {
        if (isFirst) request.node = node;
        isFirst = false;
        queue.push(request);
      }
    },
  };
}

function getRetryLimit(failures: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 16));
}
