import type { TrafficPolicy } from '../../kube/schemas/destination-rule.ts';

/** What is set for the connections to one port. */
export type PortPolicy = Pick<TrafficPolicy, 'connectionPool' | 'loadBalancer' | 'outlierDetection' | 'tls'>;

/**
 * What a subset's policy leaves of the rule's, for one port. Settings for the port replace all others of the same policy:
 * what they don't mention is back to its default (gateways.md 5.5).
 */
export function resolvePortPolicy(
  port: number,
  ofRule: TrafficPolicy | undefined,
  ofSubset?: TrafficPolicy,
): PortPolicy {
  return override(override({}, ofRule, port), ofSubset, port);
}

function override(base: PortPolicy, policy: TrafficPolicy | undefined, port: number): PortPolicy {
  if (policy === undefined) return base;
  const { portLevelSettings = [], connectionPool, loadBalancer, outlierDetection, tls } = policy;
  const ofPort = portLevelSettings.find((settings) => settings.port.number === port);
  if (ofPort !== undefined) return ofPort;
  return {
    connectionPool: connectionPool ?? base.connectionPool,
    loadBalancer: loadBalancer ?? base.loadBalancer,
    outlierDetection: outlierDetection ?? base.outlierDetection,
    tls: tls ?? base.tls,
  };
}
