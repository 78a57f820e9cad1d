import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import {
  FractionalPercent_DenominatorType,
  HTTPFaultSchema,
  type FractionalPercentSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import type { Fault } from '../../kube/schemas/virtual-service.ts';
import { createDuration, parseDurationMs } from '../durations.ts';

type FractionalPercentInit = MessageInitShape<typeof FractionalPercentSchema>;

/** The fault filter's settings on one route. */
export function translateFault({ delay, abort }: Fault): Any {
  return packAny(HTTPFaultSchema, {
    ...(delay && {
      delay: {
        faultDelaySecifier: { case: 'fixedDelay', value: createDuration(parseDurationMs(delay.fixedDelay)) },
        percentage: delay.percentage ? createPercentage(delay.percentage.value) : createPercent(delay.percent ?? 0),
      },
    }),
    ...(abort && {
      abort: {
        errorType: { case: 'httpStatus', value: abort.httpStatus ?? 0 },
        ...(abort.percentage && { percentage: createPercentage(abort.percentage.value) }),
      },
    }),
  });
}

/** A percentage with up to four decimals. */
export function createPercentage(percent: number): FractionalPercentInit {
  return { numerator: Math.floor(percent * 10_000), denominator: FractionalPercent_DenominatorType.MILLION };
}

export function createPercent(percent: number): FractionalPercentInit {
  return { numerator: percent, denominator: FractionalPercent_DenominatorType.HUNDRED };
}
