import type { Clock } from '#core/clock.ts';
import { MeshrigError, messageOf } from '#core/errors.ts';
import type { Timeline } from '#core/timeline.ts';
import { createStepNote } from './step-note.ts';

/** What a step does to the world, if that is what the scenario turns on: it breaks something, or repairs it. */
export type StepRole = 'fault' | 'fix';

/** The steps of one run, in order. */
export interface Steps {
  run<T>(title: string, action: () => T | Promise<T>): Promise<T>;
  /** A step that a run can leave out; resolves with undefined then. */
  runAs<T>(role: StepRole, title: string, action: () => T | Promise<T>): Promise<T | undefined>;
  /** The step that runs now, or the last one. */
  latest(): Step | undefined;
  isOpen(): boolean;
  /** The first failure, with its step; later steps are refused. */
  failure(): StepFailure | undefined;
}

export interface Step {
  readonly number: number;
  readonly title: string;
  /** How many events the stream had when the step started. */
  readonly eventsBefore: number;
  /** The stack of the line that opened it. */
  readonly site: string;
}

export interface StepFailure {
  readonly step: Step;
  readonly error: unknown;
}

export interface StepsOptions {
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** Once aborted, no further step starts. */
  readonly signal: AbortSignal;
  /** Steps of this role are left out. */
  readonly without?: StepRole | undefined;
}

/** Numbers steps, puts them on the timeline, and lets none start after a failed one. */
export function createSteps({ clock, timeline, signal, without }: StepsOptions): Steps {
  let latest: Step | undefined;
  let failure: StepFailure | undefined;
  let isOpen = false;

  function open(title: string, site: string, role?: StepRole): Step {
    signal.throwIfAborted();
    if (failure !== undefined) throw failure.error;
    if (isOpen) {
      const outer = latest?.title ?? '';
      throw new MeshrigError('INVALID_SCENARIO', `Failed to start step "${title}": step "${outer}" is still running`);
    }
    isOpen = true;
    latest = { number: (latest?.number ?? 0) + 1, title, eventsBefore: timeline.events().length, site };
    timeline.emit({
      type: 'step-started',
      source: 'runner',
      step: latest.number,
      title,
      ...(role === undefined ? {} : { role }),
    });
    return latest;
  }

  function close({ number, title }: Step, outcome: 'ok' | 'failed' | 'left-out', note?: string): void {
    isOpen = false;
    const noteIfAny = note === undefined ? {} : { note };
    timeline.emit({ type: 'step-finished', source: 'runner', step: number, title, outcome, ...noteIfAny });
  }

  async function run<T>(title: string, action: () => T | Promise<T>, role?: StepRole): Promise<T> {
    const step = open(title, new Error(title).stack ?? '', role);
    const startedAt = clock.now();
    const finish = (outcome: 'ok' | 'failed', note: string | undefined) => close(step, outcome, note);
    try {
      const result = await action();
      finish('ok', createStepNote(timeline.events().slice(step.eventsBefore), clock.now() - startedAt));
      return result;
    } catch (error) {
      failure ??= { step, error };
      finish('failed', messageOf(error));
      throw error;
    }
  }

  async function runAs<T>(role: StepRole, title: string, action: () => T | Promise<T>): Promise<T | undefined> {
    if (role !== without) return await run(title, action, role);
    close(open(title, new Error(title).stack ?? '', role), 'left-out');
    return undefined;
  }

  return {
    run: (title, action) => run(title, action),
    runAs,
    latest: () => latest,
    isOpen: () => isOpen,
    failure: () => failure,
  };
}
