import type { Outcome } from './invocation.ts';

const TAIL_BYTES = 4096;

/** The log of one run as CloudWatch has it: START, what was printed, END, REPORT (aws.md 2.10). */
export function formatInvocationLog(requestId: string, outcome: Outcome, memoryMb: number): string {
  const lines = [
    `START RequestId: ${requestId} Version: $LATEST`,
    ...outcome.log,
    `END RequestId: ${requestId}`,
    formatReport(requestId, outcome, memoryMb),
  ];
  return `${lines.join('\n')}\n`;
}

/** The value of `X-Amz-Log-Result`: the last 4 KB, base64. */
export function formatLogTail(log: string): string {
  const bytes = Buffer.from(log);
  return bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)).toString('base64');
}

function formatReport(requestId: string, outcome: Outcome, memoryMb: number): string {
  const { durationMs, initDurationMs } = outcome;
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${memoryMb} MB`,
    // Not measured: no run of this mock is limited by it, and a constant keeps logs comparable.
    `Max Memory Used: ${Math.min(memoryMb, ASSUMED_MEMORY_MB)} MB`,
  ];
  if (initDurationMs !== undefined) parts.push(`Init Duration: ${initDurationMs.toFixed(2)} ms`);
  return `${parts.join('\t')}\t`;
}

const ASSUMED_MEMORY_MB = 64;
