import type { Timeline, TimelineEventOf } from '#core/timeline.ts';
import type { CallExplanation } from './expectations/explainer.ts';

/** An explanation on the timeline: everything a reader prints, nothing that was secret. */
type ExplanationEvent = TimelineEventOf<'explanation'> & CallExplanation;

export function emitExplanation(timeline: Timeline, explanation: CallExplanation): void {
  const fact = { type: 'explanation', source: 'explain', ...explanation } as const;
  timeline.emit(fact);
}

export function readExplanation(event: TimelineEventOf<'explanation'>): CallExplanation {
  return event as ExplanationEvent;
}
