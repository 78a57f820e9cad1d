/** The parts of a cluster name such as `outbound|80|v1|httpbin.default.svc.cluster.local`. */
export interface ClusterNameParts {
  readonly direction: 'inbound' | 'outbound';
  readonly port: number;
  readonly subset: string;
  readonly host: string;
}

export const BLACK_HOLE_CLUSTER = 'BlackHoleCluster';
export const PASSTHROUGH_CLUSTER = 'PassthroughCluster';
export const INBOUND_PASSTHROUGH_CLUSTER = 'InboundPassthroughClusterIpv4';
export const VIRTUAL_INBOUND = 'virtualInbound';
export const VIRTUAL_OUTBOUND = 'virtualOutbound';
export const VIRTUAL_INBOUND_PORT = 15006;
export const VIRTUAL_OUTBOUND_PORT = 15001;

/** The name of a Service port's cluster, which is also the name of its endpoints. */
export function outboundClusterName(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** The name of the cluster and of the route table of a port on the pod itself. */
export function inboundClusterName(targetPort: number): string {
  return `inbound|${targetPort}||`;
}

/** The SNI that one sidecar sends to another: the cluster name without characters that SNI forbids. */
export function outboundSni(port: number, subset: string, host: string): string {
  return `outbound_.${port}_.${subset}_.${host}`;
}

/** Undefined for clusters that Istio did not name. */
export function parseClusterName(name: string): ClusterNameParts | undefined {
  const match =
    /^(inbound|outbound)\|(\d*)\|([^|]*)\|([^|]*)$/.exec(name) ?? /^(outbound)_\.(\d+)_\.(.*?)_\.(.+)$/.exec(name);
  if (match === null) return undefined;
  const [, direction, port, subset = '', host = ''] = match;
  return { direction: direction === 'inbound' ? 'inbound' : 'outbound', port: Number(port), subset, host };
}

/** `host:port`, as virtual hosts are named. */
export function domainName(host: string, port: number): string {
  return `${host}:${port}`;
}

/** The full name of a Service. */
export function serviceHostname(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

/**
 * A host in a VirtualService may be a Service's short name, which is of the VirtualService's namespace (istio
 * pkg/config/host, ResolveShortnameToFQDN): one without a dot and without a wildcard.
 */
export function resolveShortName(host: string, namespace: string): string {
  return host === '' || host.includes('.') || host.startsWith('*') ? host : serviceHostname(host, namespace);
}

/** The identity of a workload's certificate. */
export function spiffeId(namespace: string, serviceAccount: string): string {
  return `spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}`;
}
