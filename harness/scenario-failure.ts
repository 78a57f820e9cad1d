import { MeshrigError, messageOf, type MeshrigErrorCode } from '#core/errors.ts';
import type { ExplanationOfCall } from '#core/timeline.ts';
import { findCauseArea } from './explain/cause-area.ts';
import { ExpectationError } from './expectations/expectation-error.ts';
import type { ScenarioFailure } from './results.ts';
import { findScenarioSite } from './stack-site.ts';
import type { Step } from './steps.ts';

export interface FailureContext {
  /** The step it happened in, or after. */
  readonly step: Step | undefined;
  readonly isInsideStep: boolean;
  /** Whether the parts were still starting, before the scenario's own lines ran. */
  readonly isStart: boolean;
  readonly explanation: ExplanationOfCall | undefined;
}

/** Turns what a scenario threw into what reporters print. */
export async function createScenarioFailure(error: unknown, context: FailureContext): Promise<ScenarioFailure> {
  const { explanation } = context;
  const hint = error instanceof MeshrigError ? error.hint : undefined;
  const location = findLocation(error, context.step);
  const diff = await createDiff(error);
  return {
    code: classify(error, context.isStart),
    message: describeFailure(messageOf(error), context),
    summary: explanation === undefined ? summarise(error) : `${findCauseArea(explanation.cause)}: ${explanation.cause}`,
    ...(hint === undefined ? {} : { hint }),
    ...(location === undefined ? {} : { location }),
    ...(explanation === undefined ? {} : { explanation }),
    ...(diff === undefined ? {} : { diff }),
  };
}

/**
 * Anything a scenario's own lines throw means that it did not hold, and so does a call that reached nobody. Other errors of
 * ours keep their code; what is no error of ours and not from the scenario's lines is a bug of ours.
 */
function classify(error: unknown, isStart: boolean): MeshrigErrorCode {
  if (!(error instanceof MeshrigError)) return isStart ? 'BUG' : 'EXPECTATION_FAILED';
  return error.code === 'UNREACHABLE' && !isStart ? 'EXPECTATION_FAILED' : error.code;
}

/** `Step 3, GET /cat: expected status 200, got 403`; a message that begins with the step's title does not say it twice. */
function describeFailure(message: string, { step, isInsideStep }: FailureContext): string {
  if (step === undefined) return message;
  if (!isInsideStep) return `After step ${step.number}: ${message}`;
  const place = message.startsWith(`${step.title}: `) ? '' : `${step.title}: `;
  return `Step ${step.number}, ${place}${message}`;
}

function findLocation(error: unknown, step: Step | undefined): ScenarioFailure['location'] {
  if (error instanceof MeshrigError && error.location !== undefined) return error.location;
  const own = error instanceof Error ? findScenarioSite(error.stack ?? '') : undefined;
  return own ?? findScenarioSite(step?.site ?? '');
}

const SUMMARY_LIMIT = 60;

function summarise(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  return line.length <= SUMMARY_LIMIT ? line : `${line.slice(0, SUMMARY_LIMIT - 3)}...`;
}

async function createDiff(error: unknown): Promise<string | undefined> {
  if (!(error instanceof ExpectationError) || !isWorthDiff(error.expected)) return undefined;
  const { diff } = await import('@vitest/utils/diff');
  const plain = (text: string) => text;
  return diff(error.expected, error.actual, {
    aAnnotation: 'expected',
    bAnnotation: 'got',
    aColor: plain,
    bColor: plain,
    commonColor: plain,
    changeColor: plain,
    patchColor: plain,
  });
}

function isWorthDiff(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || (typeof value === 'string' && value.includes('\n'));
}
