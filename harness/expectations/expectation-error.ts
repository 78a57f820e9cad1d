import { MeshrigError } from '#core/errors.ts';

export interface ExpectationDetails {
  readonly actual?: unknown;
  readonly expected?: unknown;
  /** The call whose answer was looked at. */
  readonly callId?: number;
  readonly cause?: unknown;
  /** The stack of the line in the scenario. */
  readonly site: string;
}

/** An expectation that did not hold, with what a reporter needs to show why. */
export class ExpectationError extends MeshrigError {
  readonly actual: unknown;
  readonly expected: unknown;
  readonly callId: number | undefined;

  constructor(message: string, details: ExpectationDetails) {
    super('EXPECTATION_FAILED', message, { cause: details.cause });
    this.name = 'ExpectationError';
    this.actual = details.actual;
    this.expected = details.expected;
    this.callId = details.callId;
    this.stack = `${this.name}: ${message}\n${details.site}`;
  }
}
