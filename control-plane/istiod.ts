import type { Network } from '#core/network.ts';
import type { Address } from '#core/address.ts';
import type { ConnectionStatus } from '#xds/discovery-server.ts';
import { createGrpcEndpoint } from '#xds/grpc-endpoint.ts';
import type { PushFaultScope } from './push/push-faults.ts';
import { startPushServer, type PushServerOptions } from './push/push-server.ts';

export interface IstiodOptions extends PushServerOptions {
  /** The name of its pod. */
  readonly name: string;
  readonly network: Network;
  /** Where it listens. */
  readonly zone: string;
  readonly address: Address;
}

/** One istiod process. Disposing it ends every stream at once. */
export interface Istiod extends AsyncDisposable {
  readonly name: string;
  connections(): readonly ConnectionStatus[];
  endStreams(scope: PushFaultScope): void;
}

/**
 * Starts to serve discovery from what is in the store.
 *
 * @throws {MeshrigError} `PORT_IN_USE`
 */
export async function startIstiod(options: IstiodOptions): Promise<Istiod> {
  const { name, network, zone, address } = options;
  const pushServer = startPushServer(options);
  const endpoint = createGrpcEndpoint(pushServer.discovery.serve);
  const listener = await network.listen(zone, address, (connection) => endpoint.accept(connection));
  return {
    name,
    connections: () => pushServer.discovery.connections(),
    endStreams: (scope) => pushServer.endStreams(scope),
    async [Symbol.asyncDispose]() {
      pushServer[Symbol.dispose]();
      await listener.close();
      endpoint[Symbol.dispose]();
    },
  };
}
