import { KeyLedger, type LedgerRequest } from '../../ledger/key-ledger.ts';
import type { LedgerMatchers } from '../ledger-matchers.ts';
import type { MatchOutcome } from './match-outcome.ts';

type LedgerMatcher = (ledger: KeyLedger, ...accessKeyIds: string[]) => MatchOutcome;

/** The matchers about the ledger of keys by the name a scenario calls. */
export const LEDGER_MATCHERS: Readonly<Record<keyof LedgerMatchers, LedgerMatcher>> = {
  toHaveNoFailureWhileValid: matchNoFailure,
  toHaveNoUnsignedRequest: matchNoUnsigned,
  toBeSignedBy: matchSigners,
};

/** Whether a value is what `AwsHandle.ledger()` gives. */
export function isKeyLedger(value: unknown): value is KeyLedger {
  return value instanceof KeyLedger;
}

function matchNoFailure(ledger: KeyLedger, accessKeyId: string): MatchOutcome {
  const end = ledger.endOf(accessKeyId) ?? Infinity;
  const failures = ledger.requests.filter(({ isAccepted, at }) => !isAccepted && at < end);
  return {
    holds: failures.length === 0 && ledger.requests.length > 0,
    expectation: `no failed request while ${accessKeyId} is valid`,
    finding: describe(ledger, failures, 'no failed request'),
  };
}

function matchNoUnsigned(ledger: KeyLedger): MatchOutcome {
  const unsigned = ledger.requests.filter(({ isSigned }) => !isSigned);
  return {
    holds: unsigned.length === 0 && ledger.requests.length > 0,
    expectation: 'no unsigned request',
    finding: describe(ledger, unsigned, 'no unsigned request'),
  };
}

function matchSigners(ledger: KeyLedger, ...accessKeyIds: string[]): MatchOutcome {
  const others = ledger.requests.filter(
    ({ accessKeyId }) => accessKeyId === undefined || !accessKeyIds.includes(accessKeyId),
  );
  const idle = accessKeyIds.filter((accessKeyId) => ledger.find(accessKeyId) === undefined);
  return {
    holds: others.length === 0 && idle.length === 0,
    expectation: `every request to ${ledger.service} to be signed by ${accessKeyIds.join(' or ')}, and each to sign one`,
    finding: idle.length > 0 ? `none by ${idle.join(' and ')}` : describe(ledger, others, 'that they were'),
  };
}

function describe(ledger: KeyLedger, found: readonly LedgerRequest[], nothing: string): string {
  if (ledger.requests.length === 0) return `no request to ${ledger.service} at all`;
  const [first] = found;
  if (first === undefined) return nothing;
  const signer = first.isSigned ? `signed by ${first.accessKeyId ?? 'an unknown key'}` : 'unsigned';
  const answer = first.isAccepted ? 'accepted' : `refused with ${first.code ?? 'an error'}`;
  return `${found.length} of ${ledger.requests.length}, the first at ${new Date(first.at).toISOString()}, ${signer} and ${answer}`;
}
