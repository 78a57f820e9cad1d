/** Protobuf JSON of the resources that tests send, each with as little as makes sense. */

const TYPE = 'type.googleapis.com';

export function socketAddress(address: string, port: number): object {
  return { socketAddress: { address, portValue: port } };
}

export function assignment(
  clusterName: string,
  ...endpoints: readonly (readonly [host: string, port: number, more?: object])[]
): object {
  return {
    clusterName,
    endpoints: [
      {
        lbEndpoints: endpoints.map(([host, port, more]) => ({
          endpoint: { address: socketAddress(host, port) },
          ...more,
        })),
      },
    ],
  };
}

export function staticCluster(name: string, host: string, port: number, more: object = {}): object {
  return { name, type: 'STATIC', connectTimeout: '10s', loadAssignment: assignment(name, [host, port]), ...more };
}

export function edsCluster(name: string, more: object = {}): object {
  return { name, type: 'EDS', connectTimeout: '10s', edsClusterConfig: { edsConfig: ads() }, ...more };
}

export function ads(more: object = {}): object {
  return { ads: {}, resourceApiVersion: 'V3', initialFetchTimeout: '0s', ...more };
}

export function listener(name: string, port: number, more: object): object {
  return { name, address: socketAddress('0.0.0.0', port), ...more };
}

export function tcpProxy(cluster: string): object {
  return filter('envoy.filters.network.tcp_proxy', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
    statPrefix: cluster,
    cluster,
  });
}

export function httpManager(more: object): object {
  return filter(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      statPrefix: 'http',
      httpFilters: [router()],
      ...more,
    },
  );
}

function router(): object {
  return filter('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router', {});
}

export function filter(name: string, type: string, config: object): object {
  return { name, typedConfig: { '@type': `${TYPE}/${type}`, ...config } };
}

export function routeTable(name: string, cluster: string, more: object = {}): object {
  return {
    name,
    virtualHosts: [
      { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster, timeout: '0s' } }] },
    ],
    ...more,
  };
}

export function downstreamTls(common: object, more: object = {}): object {
  return tlsSocket('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    commonTlsContext: common,
    ...more,
  });
}

export function upstreamTls(common: object, more: object = {}): object {
  return tlsSocket('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
    commonTlsContext: common,
    ...more,
  });
}

/** The form in which istiod names what its agent answers: `default` and `ROOTCA`. */
export function agentSecret(name: string): object {
  return {
    name,
    sdsConfig: {
      apiConfigSource: { apiType: 'GRPC', grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }] },
      initialFetchTimeout: '0s',
    },
  };
}

function tlsSocket(type: string, config: object): object {
  return filter('envoy.transport_sockets.tls', type, config);
}
