import type { ConnectionFault } from '#core/connection-fault.ts';
import { MeshrigError } from '#core/errors.ts';
import type { EmbeddedWorld } from './embedded-world.ts';
import { podZone } from './zones.ts';

interface FaultOptions {
  /** `host:port` */
  readonly target: string;
  readonly fault: ConnectionFault;
  readonly kubeCluster: string;
  readonly run: EmbeddedWorld['run'];
}

/** Puts a fault on the way from a KubeCluster's pods to an address, and tells the timeline when it starts and ends. */
export async function startFault({ target, fault, kubeCluster, run }: FaultOptions): Promise<Disposable> {
  const { network, timeline } = run;
  const { host, port } = parseTarget(target);
  // Proxies resolve names themselves, so connects show addresses.
  const hosts = new Set([host, ...(await network.resolve(kubeCluster, host))]);
  const isFrom = (zone: string) => zone === kubeCluster || zone.startsWith(podZone(kubeCluster, ''));
  const rule = network.addFault(({ zone, to }) => isFrom(zone) && to.port === port && hosts.has(to.host), fault);
  const report = (phase: 'started' | 'ended') =>
    timeline.emit({ type: 'fault', source: `cluster "${kubeCluster}"`, fault: fault.name, hop: target, phase });
  report('started');
  return {
    [Symbol.dispose]() {
      rule[Symbol.dispose]();
      report('ended');
    },
  };
}

function parseTarget(target: string): { readonly host: string; readonly port: number } {
  const { host, port } = /^(?<host>[^\s:]+):(?<port>\d+)$/.exec(target)?.groups ?? {};
  if (host !== undefined && port !== undefined) return { host, port: Number(port) };
  throw new MeshrigError('INVALID_SCENARIO', `Failed to put a fault on the way to "${target}": expected "host:port"`);
}
