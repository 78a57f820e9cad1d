/** Matchers about the answer of a call. Each throws when the value is no `CallResult`; `toBeExplainedBy` also takes what a failed call threw. */
export interface CallMatchers {
  toHaveStatus(status: number): void;
  /** The body as text, or matched by a pattern; an object or array is compared with the parsed JSON. */
  toHaveBody(body: string | RegExp | object): void;
  /** The first header of that name, compared case-blind by name. */
  toHaveHeader(name: string, value?: string | RegExp): void;
  /** An AWS service refused the call: status, `x-amzn-ErrorType` and body are the service's own for this code. */
  toBeRefusedBy(service: AwsServiceName, code: string): void;
  /** The service accepted the signature that the call led to. */
  toBeAcceptedBy(service: AwsServiceName): void;
  /** A gateway passed the call on without signing it. */
  toBeLeftUnsigned(): void;
  /** No proxy on the way was behind its control plane, or held an old connection, when it served the call. */
  toBeServedUpToDate(): void;
  /** The explainer names this cause for the refusal, with at least this grade (default `proved`). */
  toBeExplainedBy(cause: string, options?: ExplainedByOptions): void;
}

export type AwsServiceName = 'lambda' | 'iam' | 'sts';

export interface ExplainedByOptions {
  readonly grade?: 'proved' | 'consistent' | 'likely' | 'unexplained';
  /** The header whose change is the cause. */
  readonly header?: string;
}
