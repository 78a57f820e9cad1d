import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { FractionalPercent_DenominatorType, HTTPFaultSchema, type FaultAbortSchema } from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import { GRPC_STATUSES, type Fault } from '../../kube/schemas/virtual-service.ts';
import { createDuration, parseDurationMs } from '../durations.ts';

type FaultErrorType = NonNullable<
  Exclude<MessageInitShape<typeof FaultAbortSchema>, { $typeName: string }>['errorType']
>;
/** A share in the form of Envoy's FractionalPercent. */
interface Share {
  readonly numerator: number;
  readonly denominator: FractionalPercent_DenominatorType;
}

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
        errorType: translateAbort(abort),
        ...(abort.percentage && { percentage: createPercentage(abort.percentage.value) }),
      },
    }),
  });
}

function translateAbort({ httpStatus, grpcStatus }: NonNullable<Fault['abort']>): FaultErrorType {
  if (grpcStatus !== undefined) return { case: 'grpcStatus', value: GRPC_STATUSES.indexOf(grpcStatus) };
  return { case: 'httpStatus', value: httpStatus ?? 0 };
}

/** A percentage with up to four decimals. */
export function createPercentage(percent: number): Share {
  return { numerator: Math.floor(percent * 10_000), denominator: FractionalPercent_DenominatorType.MILLION };
}

export function createPercent(percent: number): Share {
  return { numerator: percent, denominator: FractionalPercent_DenominatorType.HUNDRED };
}
