import type { TrafficPolicy } from '../../kube/schemas/destination-rule.ts';
import type { LocalityRules } from './locality-groups.ts';

/** What is set for the connections to one port. */
export type PortPolicy = Pick<
  TrafficPolicy,
  'connectionPool' | 'loadBalancer' | 'outlierDetection' | 'retryBudget' | 'tls'
>;

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

/** What localities mean to a cluster. Unless it is switched off, ejecting endpoints is enough to leave a locality for the next. */
export function findLocalityRules({ loadBalancer, outlierDetection }: PortPolicy): LocalityRules {
  const { localityLbSetting: setting = {} } = loadBalancer ?? {};
  return { setting: setting.enabled === false ? undefined : setting, ejects: outlierDetection !== undefined };
}

/** Weights of localities come before those of endpoints only where somebody set them, or an order. */
export function usesLocalityWeights(policy: PortPolicy): boolean {
  const { setting, ejects } = findLocalityRules(policy);
  const hasOrder = setting?.failover !== undefined || setting?.failoverPriority !== undefined;
  return setting?.distribute !== undefined || (ejects && hasOrder);
}

function override(base: PortPolicy, policy: TrafficPolicy | undefined, port: number): PortPolicy {
  if (policy === undefined) return base;
  const { portLevelSettings = [], connectionPool, loadBalancer, outlierDetection, retryBudget, tls } = policy;
  const ofPort = portLevelSettings.find((settings) => settings.port.number === port);
  if (ofPort !== undefined) return { ...ofPort, retryBudget: retryBudget ?? base.retryBudget };
  return {
    connectionPool: connectionPool ?? base.connectionPool,
    loadBalancer: loadBalancer ?? base.loadBalancer,
    outlierDetection: outlierDetection ?? base.outlierDetection,
    retryBudget: retryBudget ?? base.retryBudget,
    tls: tls ?? base.tls,
  };
}
