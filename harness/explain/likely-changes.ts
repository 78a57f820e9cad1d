import { createHostChanges } from './candidates/host-changes.ts';
import { createHeaderChanges } from './candidates/header-changes.ts';
import { createPayloadChanges } from './candidates/payload-changes.ts';
import { createPathChanges } from './candidates/path-changes.ts';
import type { Change } from './change.ts';
import type { SearchSubject } from './search-subject.ts';

/** What AWS's front end changes, and so nobody can sign (aws.md 1.9). */
const FRONT_END_HEADERS = new Set([
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-amzn-trace-id',
  'via',
  'connection',
  'te',
  'expect',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The first known pattern in a request that can't be signed again for want of a key: nothing is compared, so this is
 * never more than `likely`. Undefined when the request shows none.
 */
export function findLikelyChange(subject: SearchSubject): Change | undefined {
  const headers = createHeaderChanges(subject);
  return (
    createHostChanges(subject).find(({ origin }) => origin === 'observed') ??
    headers.find(({ origin }) => origin === 'observed') ??
    findFalsePayloadHash(subject) ??
    findAbsentHeader(subject) ??
    headers.find(({ cause, origin }) => cause === 'header-added' && origin === 'usual') ??
    findFrontEndHeader(subject) ??
    findPathSpelling(subject)
  );
}

function findFalsePayloadHash(subject: SearchSubject): Change | undefined {
  const [declared] = createPayloadChanges(subject);
  const isDeclaredHash = declared?.origin === 'observed' && /^[0-9a-f]{64}$/.test(declared.signed ?? '');
  return isDeclaredHash ? declared : undefined;
}

function findAbsentHeader({ parts }: SearchSubject): Change | undefined {
  const absent = parts.headers.find(({ name, value }) => value === '' && name !== 'host');
  return absent === undefined ? undefined : createUnknown(absent.name, 'header-removed', undefined);
}

function findFrontEndHeader({ parts }: SearchSubject): Change | undefined {
  const line = parts.headers.find(({ name }) => FRONT_END_HEADERS.has(name));
  return line === undefined ? undefined : createUnknown(line.name, 'header-changed', line.value);
}

/** The value that was signed is not known, so the change edits nothing. */
function createUnknown(name: string, cause: Change['cause'], checked: string | undefined): Change {
  const reading = `header "${name}" has the value it was signed with`;
  return { cause, edit: {}, reading, origin: 'rare', subject: name, signed: undefined, checked };
}

/** Of a path with escapes, the two rules make different texts, and many signers take the wrong one. */
function findPathSpelling(subject: SearchSubject): Change | undefined {
  if (!subject.received.target.split('?', 1)[0]?.includes('%')) return undefined;
  return createPathChanges(subject).find(({ cause }) => cause === 'path-encoding');
}
