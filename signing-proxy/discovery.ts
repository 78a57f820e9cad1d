import type { Duplex } from 'node:stream';
import { formatAddress, type Address } from '#core/address.ts';
import type { Network } from '#core/network.ts';
import { startDiscoveryClient, type DiscoveryClient, type DiscoveryClientEvent } from '#xds/discovery-client.ts';
import type { Node } from '#xds/generated/messages.js';
import { createGrpcStream } from '#xds/grpc-stream.ts';
import { getShortName } from '#xds/resource-types.ts';
import type { ContextBase } from './context.ts';
import type { ResourceStore } from './resources/resource-store.ts';

export interface DiscoverySetup {
  readonly base: ContextBase;
  readonly store: ResourceStore;
  readonly node: Node;
  readonly network: Network;
  /** Where the proxy connects from. */
  readonly zone: string;
  readonly address: string;
  /** An ADS server: where it speaks plain gRPC, or the cluster that leads to it. */
  readonly controlPlane: Address | { readonly cluster: string };
}

/** Keeps an ADS stream open: what comes goes into the store, and answers and losses into the log and the timeline. */
export function startDiscovery(setup: DiscoverySetup): DiscoveryClient {
  const { base, store, node, network, zone, address, controlPlane } = setup;
  const { clock, random } = base;
  const connect = (signal: AbortSignal) =>
    'cluster' in controlPlane
      ? connectCluster(store, controlPlane.cluster, signal)
      : network.connect(zone, controlPlane, { signal, source: address });
  const authority = 'cluster' in controlPlane ? controlPlane.cluster : formatAddress(controlPlane);
  return startDiscoveryClient({
    node,
    clock,
    random: random.fork('discovery'),
    stream: createGrpcStream({ clock, authority, connect }),
    onResponse: (received) => store.accept(received),
    onEvent: (event) => report(base, event),
  });
}

async function connectCluster(store: ResourceStore, name: string, signal: AbortSignal): Promise<Duplex> {
  const cluster = store.findCluster(name);
  if (cluster === undefined) throw new Error(`unknown cluster '${name}'`);
  return (await cluster.connect({ signal })).stream;
}

function report({ timeline, source, proxyName: proxy, log }: ContextBase, event: DiscoveryClientEvent): void {
  switch (event.type) {
    case 'acked':
      timeline.emit({
        type: 'ack',
        source,
        proxy,
        resourceType: getShortName(event.typeUrl),
        version: event.version,
        nonce: event.nonce,
      });
      return;
    case 'nacked':
      log.warning('config', `gRPC config for ${event.typeUrl} rejected: ${event.error}`);
      timeline.emit({
        type: 'nack',
        source,
        proxy,
        resourceType: getShortName(event.typeUrl),
        version: event.version,
        nonce: event.nonce,
        error: event.error,
      });
      return;
    case 'stream-ended':
      log.warning('config', `StreamAggregatedResources gRPC config stream closed: 14, ${event.reason}`);
      return;
    case 'stream-opened':
    case 'requested':
      return;
  }
}
