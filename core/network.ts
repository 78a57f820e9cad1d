import type { Address } from './address.ts';
import type { Connection } from './connection.ts';

export interface Listener extends AsyncDisposable {
  readonly address: Address;
  /** Stops accepting; open connections stay. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** The address the other side sees the connection come from. */
  readonly source?: string;
}

/**
 * Who can reach whom. The same names and addresses as in the real thing, per zone: a KubeCluster, a pod's own loopback, the
 * VPC, AWS, the caller's machine.
 */
export interface Network {
  /**
   * Listens on an IP address of a zone; port 0 takes a free one.
   *
   * @throws MeshrigError `PORT_IN_USE`
   */
  listen(zone: string, address: Address, accept: (connection: Connection) => void): Promise<Listener>;
  /**
   * Connects to a name or an IP address as seen from a zone.
   *
   * Rejects with an error that has Node's code: `ENOTFOUND` (no such name), `ECONNREFUSED` (host reachable, nobody
   * listens). Where no route exists nothing answers: only the signal ends the wait.
   */
  connect(zone: string, address: Address, options?: ConnectOptions): Promise<Connection>;
  /** The IP addresses of a name in a zone; an IP address is its own. Rejects with `ENOTFOUND`. */
  resolve(zone: string, name: string): Promise<readonly string[]>;
}
