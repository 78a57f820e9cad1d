/** What is known about a kind of resource that discovery serves. */
interface ResourceType {
  /** The name that status tables and logs use: `CDS`, `EDS`, ... */
  readonly shortName: string;
  /** An empty list of names asks for all resources. For other types it asks for none. */
  readonly isWildcard: boolean;
}

const PREFIX = 'type.googleapis.com/';

export const CLUSTER_TYPE = `${PREFIX}envoy.config.cluster.v3.Cluster`;
export const ENDPOINT_TYPE = `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`;
export const LISTENER_TYPE = `${PREFIX}envoy.config.listener.v3.Listener`;
export const ROUTE_TYPE = `${PREFIX}envoy.config.route.v3.RouteConfiguration`;
export const SECRET_TYPE = `${PREFIX}envoy.extensions.transport_sockets.tls.v3.Secret`;
export const EXTENSION_CONFIG_TYPE = `${PREFIX}envoy.config.core.v3.TypedExtensionConfig`;
const NAME_TABLE_TYPE = `${PREFIX}istio.networking.nds.v1.NameTable`;
const PROXY_CONFIG_TYPE = `${PREFIX}istio.mesh.v1alpha1.ProxyConfig`;

// The order of the keys is the order within one push (istio pilot/pkg/xds/ads.go, PushOrder).
const RESOURCE_TYPES = new Map<string, ResourceType>([
  [CLUSTER_TYPE, { shortName: 'CDS', isWildcard: true }],
  [ENDPOINT_TYPE, { shortName: 'EDS', isWildcard: false }],
  [LISTENER_TYPE, { shortName: 'LDS', isWildcard: true }],
  [ROUTE_TYPE, { shortName: 'RDS', isWildcard: false }],
  [SECRET_TYPE, { shortName: 'SDS', isWildcard: false }],
  [EXTENSION_CONFIG_TYPE, { shortName: 'ECDS', isWildcard: false }],
  [NAME_TABLE_TYPE, { shortName: 'NDS', isWildcard: true }],
  [PROXY_CONFIG_TYPE, { shortName: 'PCDS', isWildcard: true }],
]);

/** Every type there is, in the order within one push. */
export const PUSH_ORDER: readonly string[] = Array.from(RESOURCE_TYPES.keys());

/** `CDS` for the cluster type URL; the URL itself for a type that has no short name. */
export function getShortName(typeUrl: string): string {
  return RESOURCE_TYPES.get(typeUrl)?.shortName ?? typeUrl;
}

/** The type URL of `CDS`; undefined for a name that no type has. */
export function findTypeUrl(shortName: string): string | undefined {
  return PUSH_ORDER.find((typeUrl) => getShortName(typeUrl) === shortName);
}

/** Whether an empty list of names means "all" for this type. */
export function isWildcardType(typeUrl: string): boolean {
  return RESOURCE_TYPES.get(typeUrl)?.isWildcard ?? false;
}

/** Sorts type URLs as one push sends them: clusters before their endpoints, listeners before their routes, the rest last. */
export function sortByPushOrder(typeUrls: Iterable<string>): string[] {
  const rank = (typeUrl: string) => {
    const index = PUSH_ORDER.indexOf(typeUrl);
    return index === -1 ? PUSH_ORDER.length : index;
  };
  return Array.from(typeUrls).sort((a, b) => rank(a) - rank(b));
}
