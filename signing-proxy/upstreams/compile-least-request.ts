import type {
  Cluster_LeastRequestLbConfig,
  Cluster_SlowStartConfig,
  LeastRequest,
  SlowStartConfig,
} from '#xds/generated/messages.js';
import { toMilliseconds } from '../routing/duration-ms.ts';
import type { LeastRequestPlan, SlowStart } from './load-balancer.ts';

// Envoy's defaults (cluster.proto).
const LEAST_REQUEST_CHOICES = 2;
const LEAST_WARMTH_PERCENT = 10;

export function compileLeastRequest(
  given: Cluster_LeastRequestLbConfig | LeastRequest | undefined,
  isFullScan = false,
): LeastRequestPlan {
  return {
    kind: 'least-request',
    choices: isFullScan ? Infinity : (given?.choiceCount ?? LEAST_REQUEST_CHOICES),
    bias: given?.activeRequestBias?.defaultValue ?? 1,
    slowStart: compileSlowStart(given?.slowStartConfig),
  };
}

export function compileSlowStart(config: Cluster_SlowStartConfig | SlowStartConfig | undefined): SlowStart | undefined {
  const windowMs = toMilliseconds(config?.slowStartWindow) ?? 0;
  if (config === undefined || windowMs === 0) return undefined;
  const { aggression, minWeightPercent } = config;
  const given = aggression?.defaultValue ?? 1;
  return {
    windowMs,
    // Envoy takes 1 where it is told something that makes no sense.
    aggression: given > 0 ? given : 1,
    minimum: (minWeightPercent?.value ?? LEAST_WARMTH_PERCENT) / 100,
  };
}
