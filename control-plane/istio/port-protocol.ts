import type { ServicePort } from '../kube/schemas/core.ts';

/** What a Service says it speaks on a port. `auto` is for ports that say nothing: the bytes decide. */
export type PortProtocol = 'http' | 'http2' | 'https' | 'tcp' | 'tls' | 'udp' | 'auto';

const PROTOCOLS: Readonly<Record<string, PortProtocol>> = {
  grpc: 'http2',
  'grpc-web': 'http',
  http: 'http',
  http2: 'http2',
  'http2-over-tls': 'https',
  https: 'https',
  mongo: 'tcp',
  mysql: 'tcp',
  redis: 'tcp',
  tcp: 'tcp',
  tls: 'tls',
  udp: 'udp',
};

/**
 * Reads the protocol of a Service port: `appProtocol`, then the part of the name before a dash (istio
 * pkg/config/kube/conversion.go).
 */
export function detectProtocol({ appProtocol, name = '', protocol }: ServicePort): PortProtocol {
  if (protocol === 'UDP') return 'udp';
  const declared = appProtocol?.toLowerCase();
  const byDeclaration = declared === 'kubernetes.io/h2c' ? 'http2' : PROTOCOLS[declared ?? ''];
  if (byDeclaration !== undefined) return byDeclaration;
  const lowerName = name.toLowerCase();
  if (lowerName === 'grpc-web' || lowerName.startsWith('grpc-web-')) return 'http';
  return PROTOCOLS[lowerName.split('-')[0] ?? ''] ?? 'auto';
}

/** Reads the protocol that a ServiceEntry's port states: `HTTP`, `HTTPS`, `TCP`; one that says nothing is looked at. */
export function parseProtocol(protocol = ''): PortProtocol {
  return PROTOCOLS[protocol.toLowerCase()] ?? 'auto';
}

/** Whether requests on the port are read as HTTP, by name or by looking at the bytes. */
export function mayBeHttp(protocol: PortProtocol): boolean {
  return protocol === 'http' || protocol === 'http2' || protocol === 'auto';
}
