import type { Instant } from '#core/clock.ts';
import type { Findings } from '../findings/finding.ts';
import type { ParsedRawRequest } from '../parse-raw-request.ts';

/** A request that somebody pasted, in whichever form, with what the paste says about it. */
export interface PastedRequest extends ParsedRawRequest {
  readonly form: 'raw request' | 'curl trace' | 'Envoy log';
  /** SHA-256 of the body, where the paste does not show the body itself. */
  readonly payloadHash?: string;
  /** The string to sign, where the signer wrote it down. */
  readonly stringToSign?: string;
  /** When it was sent, by the clock of the program that wrote the paste. */
  readonly at?: Instant;
  /** Why the signer found no credentials, in its own words. */
  readonly unsignedBecause?: string;
  readonly answer?: PastedAnswer;
}

/** An answer of AWS, or what is left of one. */
export interface PastedAnswer {
  /** Absent when only a body was pasted. */
  readonly status?: number;
  /** Of `x-amzn-errortype` or the body. */
  readonly code?: string;
  readonly message?: string;
  /** What AWS rebuilt and checked, where its answer tells (S3, and services of the query protocol). */
  readonly checked?: CheckedText;
  /** The clock of whoever answered, by its Date. */
  readonly at?: Instant;
  /** The function ran, and this is its own error. */
  readonly isFunctionError?: boolean;
  /** The body, where it is no error of AWS. */
  readonly text?: string;
}

export interface CheckedText {
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  /** The signature that was sent; S3 repeats it. */
  readonly signature?: string;
}

/** What was pasted: a request, nothing but an answer, or lines that tell failures by themselves. */
export type Pasted = PastedRequest | PastedError | PastedFindings;

interface PastedError {
  readonly form: 'answer';
  readonly answer: PastedAnswer;
  readonly repairs: readonly string[];
}

interface PastedFindings {
  readonly form: 'findings';
  readonly found: Findings;
  readonly repairs: readonly string[];
}
