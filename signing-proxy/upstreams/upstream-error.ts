import type { Address } from '#core/address.ts';

/** Envoy's response flags for an upstream that gave no response (gateways.md 4.3). */
export type UpstreamFlag = 'UF' | 'UC' | 'UH' | 'UR' | 'UPE' | 'UO' | 'LR';

/** Which retry conditions of gateways.md 4.2 an error can meet; `none` is never retried. */
export type RetryKind = 'connect-failure' | 'reset' | 'refused-stream' | 'none';

export interface UpstreamErrorFacts {
  /** Envoy's words: `connection failure`, `connection termination`, `remote reset`, `no healthy upstream`, `overflow`. */
  readonly reason: string;
  readonly flag: UpstreamFlag;
  readonly retryKind: RetryKind;
  /** What Envoy appends as `, transport failure reason: <text>`. */
  readonly transportFailure?: string | undefined;
  /** The endpoint that was tried; undefined when none could be chosen. */
  readonly endpoint?: Address | undefined;
  readonly cause?: unknown;
}

/** An attempt that got no response head, or a response body that broke off. */
export class UpstreamError extends Error {
  readonly reason: string;
  readonly flag: UpstreamFlag;
  readonly retryKind: RetryKind;
  readonly transportFailure: string | undefined;
  readonly endpoint: Address | undefined;

  constructor(facts: UpstreamErrorFacts) {
    super(
      facts.transportFailure === undefined
        ? facts.reason
        : `${facts.reason}, transport failure reason: ${facts.transportFailure}`,
      { cause: facts.cause },
    );
    this.name = 'UpstreamError';
    this.reason = facts.reason;
    this.flag = facts.flag;
    this.retryKind = facts.retryKind;
    this.transportFailure = facts.transportFailure;
    this.endpoint = facts.endpoint;
  }
}
