/** Why a load balancer answers by itself, in the words of the `error_reason` field of its access log. */
export type RejectionReason =
  | 'LambdaAccessDenied'
  | 'LambdaBadRequest'
  | 'LambdaConnectionTimeout'
  | 'LambdaInvalidResponse'
  | 'LambdaRequestTooLarge'
  | 'LambdaResourceNotFound'
  | 'LambdaResponseTooLarge'
  | 'LambdaThrottling'
  | 'LambdaUnhandled'
  | 'LambdaWebsocketNotSupported';

/** An answer that does not come from the function. */
export interface Rejection {
  readonly status: number;
  /** Undefined where the access log has none. */
  readonly reason?: RejectionReason;
}

/** The status for each reason (aws.md 7; those of LambdaInvalidResponse, LambdaAccessDenied and LambdaBadRequest are inferred). */
const STATUS: Readonly<Record<RejectionReason, number>> = {
  LambdaAccessDenied: 502,
  LambdaBadRequest: 502,
  LambdaConnectionTimeout: 504,
  LambdaInvalidResponse: 502,
  LambdaRequestTooLarge: 413,
  LambdaResourceNotFound: 502,
  LambdaResponseTooLarge: 502,
  LambdaThrottling: 502,
  LambdaUnhandled: 502,
  LambdaWebsocketNotSupported: 400,
};

export function reject(reason: RejectionReason): Rejection {
  return { status: STATUS[reason], reason };
}
