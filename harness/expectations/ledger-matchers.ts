/** Matchers about `AwsHandle.ledger()`. Each throws when the value is no ledger. */
export interface LedgerMatchers {
  /** Until this key was deactivated, deleted or expired, every request was accepted, whoever signed it. */
  toHaveNoFailureWhileValid(accessKeyId: string): void;
  toHaveNoUnsignedRequest(): void;
  /** Each of these keys signed, and nobody else did. */
  toBeSignedBy(...accessKeyIds: string[]): void;
}
