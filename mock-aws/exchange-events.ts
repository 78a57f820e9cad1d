import type { Timeline, TimelineFact } from '#core/timeline.ts';
import type { ServiceName } from './aws-call.ts';
import type { OpenEntry } from './journal.ts';

type Verdict = Extract<TimelineFact, { type: 'verdict' }>;
type VerdictFact = { -readonly [Member in keyof Verdict]: Verdict[Member] } & { readonly source: string };

const SOURCE = 'mock-aws';

/** Says what became of the signature. */
export function reportVerdict(timeline: Timeline, entry: OpenEntry, status: number): void {
  const fact: VerdictFact = {
    type: 'verdict',
    source: SOURCE,
    service: entry.service,
    awsRequestId: entry.requestId,
    received: entry.received,
    checked: entry.checked,
    edgeChanges: entry.edgeChanges.filter(({ isApplied }) => isApplied),
    accepted: entry.verdict === 'accepted',
    status,
  };
  if (entry.code !== undefined) fact.code = entry.code;
  if (entry.failure !== undefined) fact.failure = entry.failure;
  if (entry.message !== undefined) fact.message = hideBearerToken(entry.message);
  if (entry.accessKeyId !== undefined) fact.accessKeyId = entry.accessKeyId;
  if (entry.principal !== undefined) fact.principal = entry.principal;
  if (entry.canonicalRequest !== undefined) fact.canonicalRequest = entry.canonicalRequest;
  if (entry.stringToSign !== undefined) fact.stringToSign = entry.stringToSign;
  if (entry.warnings.length > 0) fact.warnings = entry.warnings;
  timeline.emit(fact);
}

/** AWS repeats an Authorization header that it can't read, and that may be a token (aws.md 1.5). */
function hideBearerToken(message: string): string {
  return message.replace(/(Bearer\s+)[^\s'.]+[^\s']*/gi, '$1(hidden)');
}

/** Says what the operation answered. */
export function reportAnswer(timeline: Timeline, entry: OpenEntry): void {
  const { service, operation = 'unknown', requestId: awsRequestId, status = 0, code } = entry;
  const fact = { type: 'aws-answered', source: SOURCE, service, operation, awsRequestId, status } as const;
  timeline.emit(code === undefined ? fact : { ...fact, code });
}

/** Keeps an exception that should not have happened; the caller is told nothing of it. */
export function reportBug(timeline: Timeline, service: ServiceName, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  timeline.emit({ type: 'log', source: SOURCE, level: 'error', component: service, text });
}
