import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CorsPolicySchema } from '#xds/generated/messages.js';
import type { CorsPolicy } from '../../kube/schemas/virtual-service.ts';
import { parseDurationMs } from '../durations.ts';
import { isAtLeast } from '../version.ts';
import { createPercent } from './fault.ts';
import { translateString } from './route-match.ts';

/** A route's CORS settings, which the `cors` filter reads. */
export function translateCorsPolicy(
  policy: CorsPolicy,
  istioVersion: string,
): MessageInitShape<typeof CorsPolicySchema> {
  const origins = policy.allowOrigins ?? (policy.allowOrigin ?? []).map((exact) => ({ exact }));
  return {
    allowOriginStringMatch: origins.flatMap((origin) => translateString(origin) ?? []),
    allowMethods: (policy.allowMethods ?? []).join(','),
    allowHeaders: (policy.allowHeaders ?? []).join(','),
    exposeHeaders: (policy.exposeHeaders ?? []).join(','),
    ...(policy.maxAge !== undefined && { maxAge: String(Math.floor(parseDurationMs(policy.maxAge) / 1_000)) }),
    ...(policy.allowCredentials !== undefined && { allowCredentials: policy.allowCredentials }),
    ...(isAtLeast(istioVersion, '1.23') && { forwardNotMatchingPreflights: policy.unmatchedPreflights !== 'IGNORE' }),
    enabledSpecifier: { case: 'filterEnabled', value: { defaultValue: createPercent(100) } },
  };
}
