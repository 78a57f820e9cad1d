import { expect, test } from 'vitest';
import type { MeshrigErrorCode } from '#core/errors.ts';
import { chooseRunExit } from '#harness/cli/exit-codes.ts';
import type { RunSummary, ScenarioResult } from '#harness/results.ts';

function result(code?: MeshrigErrorCode, leaks: readonly string[] = []): ScenarioResult {
  const base = { name: 'family/name', title: 'A title', wallMs: 0, virtualMs: 0, leaks };
  if (code === undefined) return { ...base, outcome: 'passed' };
  return { ...base, outcome: 'failed', failure: { code, message: '', summary: '' } };
}

const testExit = (
  name: string,
  summary: Partial<RunSummary>,
  expected: readonly [code: number, reason: string],
  signal?: 'SIGINT' | 'SIGTERM',
) =>
  test(name, () => {
    const { code, reason } = chooseRunExit({ results: [], wallMs: 0, ...summary }, signal);
    expect([code, reason]).toEqual(expected);
  });

const LEAKING = result(undefined, ['1 timer']);
const INTERRUPTED = { code: 'INTERRUPTED', message: '' } as const;
const OUT_OF_TIME = { code: 'TIME_LIMIT', message: '' } as const;

testExit('0 when every scenario held', { results: [result()] }, [0, '']);
testExit('1 with the number of scenarios', { results: [result('EXPECTATION_FAILED'), result('EXPECTATION_FAILED')] }, [
  1,
  '2 scenarios failed',
]);
testExit('7 when only something stayed open', { results: [LEAKING] }, [7, 'something could not be cleaned up']);
testExit('1 before 7', { results: [LEAKING, result('EXPECTATION_FAILED')] }, [1, '1 scenario failed']);
testExit('8 before 1', { results: [result('EXPECTATION_FAILED')], stopped: OUT_OF_TIME }, [
  8,
  'the time limit of the run was reached',
]);
testExit('3 for a manifest that is not valid', { results: [result('INVALID_MANIFEST')] }, [
  3,
  'a manifest is not valid',
]);
testExit('5 before 3', { results: [result('INVALID_MANIFEST'), result('PORT_IN_USE')] }, [5, 'a port is taken']);
testExit('6 before 5', { results: [result('PORT_IN_USE'), result('BUG')] }, [6, 'a bug in meshrig; please report it']);
testExit('130 before 6', { results: [result('BUG')], stopped: INTERRUPTED }, [130, 'interrupted'], 'SIGINT');
testExit('143 after SIGTERM', { stopped: INTERRUPTED }, [143, 'terminated'], 'SIGTERM');
