import type { DiscoveryRequest, DiscoveryResponse } from './generated/messages.js';

/**
 * One discovery stream: takes what the client sends and gives what the server answers. A server's handler has this
 * shape, and so has a client's view of a server, whatever carries the messages between the two.
 *
 * The iteration ends when the server ends the stream, throws when it breaks, and is over soon after `signal` aborts.
 */
export type DiscoveryStream = (
  requests: AsyncIterable<DiscoveryRequest>,
  signal: AbortSignal,
) => AsyncIterable<DiscoveryResponse>;
