import type { DiscoveryRequest } from './generated/messages.js';
import { mergePushes, type Push } from './push.ts';

type ConnectionWork =
  { readonly kind: 'request'; readonly request: DiscoveryRequest } | { readonly kind: 'push'; readonly push: Push };

/** What waits to be done for one client: its requests first, in order; then one push, merged from all that came. */
export interface ConnectionInbox {
  addPush(push: Push): void;
  /** Takes the client for gone. */
  close(): void;
  /** The next thing to do; undefined once the client has gone. */
  next(): Promise<ConnectionWork | undefined>;
  /** Resolves when the client has gone. */
  readonly closed: Promise<void>;
}

export function createConnectionInbox(requests: AsyncIterable<DiscoveryRequest>, signal: AbortSignal): ConnectionInbox {
  const waiting: DiscoveryRequest[] = [];
  let push: Push | undefined;
  let isClosed = signal.aborted;
  let wake = () => {};
  let close = () => {};
  const closeAsked = new Promise<void>((resolve) => (close = resolve));
  const closed = Promise.race([readRequests(), waitForAbort(signal), closeAsked]).then(() => {
    isClosed = true;
    wake();
  });

  return {
    closed,
    close,
    addPush(added) {
      push = push === undefined ? added : mergePushes(push, added);
      wake();
    },
    async next() {
      for (;;) {
        const work = take();
        if (work !== undefined || isClosed) return work;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };

  function take(): ConnectionWork | undefined {
    const request = waiting.shift();
    if (request !== undefined) return { kind: 'request', request };
    if (push === undefined || isClosed) return undefined;
    const taken = push;
    push = undefined;
    return { kind: 'push', push: taken };
  }

  async function readRequests(): Promise<void> {
    try {
      for await (const request of requests) {
        waiting.push(request);
        wake();
      }
    } catch {
      // A broken stream ends like a closed one: there is nobody left to tell.
    }
  }
}

function waitForAbort(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
