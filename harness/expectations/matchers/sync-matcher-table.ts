import type { SyncState, SyncStep } from '../../sync/sync-state.ts';
import type { SyncMatchers } from '../sync-matchers.ts';
import type { MatchOutcome } from './match-outcome.ts';

type SyncMatcherTable = {
  readonly [Name in keyof SyncMatchers]: (
    states: readonly SyncState[],
    ...parameters: Parameters<SyncMatchers[Name]>
  ) => MatchOutcome;
};

/** The matchers about sync by the name a scenario calls. */
export const SYNC_MATCHERS: SyncMatcherTable = {
  toHaveAcked: (states, ...types) => matchSteps(states, types, { verb: 'have acked', steps: ['warming', 'serving'] }),
  toBeServing: (states, ...types) => matchSteps(states, types, { verb: 'serve', steps: ['serving'] }),
};

/** Whether a value is what `KubeCluster.sync()` gives. */
export function isSyncStates(value: unknown): value is readonly SyncState[] {
  return Array.isArray(value) && value.every((state) => typeof state === 'object' && state !== null && 'step' in state);
}

interface Wanted {
  readonly verb: string;
  readonly steps: readonly SyncStep[];
}

function matchSteps(states: readonly SyncState[], types: readonly string[], { verb, steps }: Wanted): MatchOutcome {
  const meant = states.filter(({ resourceType }) => types.length === 0 || types.includes(resourceType));
  const behind = meant.filter(({ step }) => !steps.includes(step));
  return {
    holds: meant.length > 0 && behind.length === 0,
    expectation: `every proxy to ${verb} the newest ${types.length === 0 ? 'resources' : types.join(', ')}`,
    finding: meant.length === 0 ? 'no proxy that was sent any' : behind.map(describe).join('; ') || 'that they do',
  };
}

function describe({ proxy, resourceType, step, version, detail }: SyncState): string {
  return `${proxy} ${resourceType} ${version} ${step}${detail === undefined ? '' : ` (${detail})`}`;
}
