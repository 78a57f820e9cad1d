import type { OutlierSettings } from '../../kube/schemas/destination-rule.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import type { ClusterInit } from './connection-pool.ts';

/** Ejection by consecutive failures only, never by success rate. */
export function translateOutlierDetection(settings: OutlierSettings | undefined): ClusterInit {
  if (settings === undefined) return {};
  const { consecutive5xxErrors, consecutiveGatewayErrors, consecutiveLocalOriginFailures = 0 } = settings;
  const splits = settings.splitExternalLocalOriginErrors === true;
  return {
    outlierDetection: {
      enforcingSuccessRate: 0,
      ...(consecutive5xxErrors !== undefined && {
        consecutive5xx: consecutive5xxErrors,
        enforcingConsecutive5xx: enforce(consecutive5xxErrors),
      }),
      ...(consecutiveGatewayErrors !== undefined && {
        consecutiveGatewayFailure: consecutiveGatewayErrors,
        enforcingConsecutiveGatewayFailure: enforce(consecutiveGatewayErrors),
      }),
      ...(settings.interval !== undefined && { interval: createDuration(parseDurationMs(settings.interval)) }),
      ...(settings.baseEjectionTime !== undefined && {
        baseEjectionTime: createDuration(parseDurationMs(settings.baseEjectionTime)),
      }),
      ...((settings.maxEjectionPercent ?? 0) > 0 && { maxEjectionPercent: settings.maxEjectionPercent }),
      splitExternalLocalOriginErrors: splits,
      ...(splits && {
        enforcingLocalOriginSuccessRate: 0,
        ...(consecutiveLocalOriginFailures > 0 && {
          consecutiveLocalOriginFailure: consecutiveLocalOriginFailures,
          enforcingConsecutiveLocalOriginFailure: 100,
        }),
      }),
    },
  };
}

function enforce(count: number): number {
  return count > 0 ? 100 : 0;
}
