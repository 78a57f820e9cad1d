import { eventsOfType, type TimelineEvent, type TimelineEventOf } from '#core/timeline.ts';
import { formatDuration } from '../duration.ts';
import type { CauseFacts } from './cause-text.ts';
import { findCredentialSource } from './credential-source.ts';

/** How a signer came to have no keys, or old ones. */
export interface CredentialStory {
  readonly facts: Pick<CauseFacts, 'story' | 'remedy' | 'credentialSource'>;
  /** Whose words these are. */
  readonly told: readonly string[];
}

interface Place {
  /** The proxy that signs. */
  readonly source: string;
  /** The request that left without keys, or with old ones. */
  readonly request: Pick<TimelineEvent, 'seq' | 'at'>;
}

/** What the events of a signer's credentials tell about a request; undefined when they tell nothing. */
export function readCredentialStory(events: readonly TimelineEvent[], place: Place): CredentialStory | undefined {
  const before = events.filter(({ source, seq }) => source === place.source && seq < place.request.seq);
  const fetches = eventsOfType(before, 'credential').filter(({ provider }) => provider !== 'chain');
  const logs = eventsOfType(before, 'log').filter(({ component }) => component === 'aws');
  const last = fetches.at(-1);
  const failed = fetches.findLast(({ outcome }) => outcome === 'failed');
  if (failed !== undefined && (last === failed || !isRenewed(fetches, failed)))
    return tellFailure(events, { failed, logs, place });
  if (last?.outcome === 'found') return tellAge(last, { logs, place });
  return tellPending(logs) ?? tellSearch(logs);
}

/** Whether newer keys came after a failure; a signer that uses what it has tells of those again. */
function isRenewed(fetches: readonly TimelineEventOf<'credential'>[], failed: TimelineEventOf<'credential'>): boolean {
  const known = new Set(fetches.filter(({ seq }) => seq < failed.seq).map(({ accessKeyId }) => accessKeyId));
  return fetches.some(
    ({ seq, outcome, accessKeyId }) => seq > failed.seq && outcome === 'found' && !known.has(accessKeyId),
  );
}

interface Failure {
  readonly failed: TimelineEventOf<'credential'>;
  readonly logs: readonly TimelineEventOf<'log'>[];
  readonly place: Place;
}

function tellFailure(events: readonly TimelineEvent[], { failed, logs, place }: Failure): CredentialStory {
  const answer = eventsOfType(events, 'aws-answered').findLast(
    ({ seq, at, code, service }) => seq < failed.seq && at === failed.at && code !== undefined && SERVICES.has(service),
  );
  const error = logs.find(({ seq, at, level }) => seq < failed.seq && at === failed.at && level === 'error');
  const reason =
    answer === undefined
      ? (error?.text ?? `its ${failed.provider} failed (${failed.reason ?? 'no reason told'})`)
      : `${SERVICES.get(answer.service) ?? answer.service} answered ${nameOperation(answer)}with ${answer.code ?? answer.status}`;
  const again = describeNextFetch(logs, failed.seq);
  return {
    facts: {
      story: `${reason} ${describeAgo(place.request.at - failed.at)}${again}`,
      ...findRemedy(answer?.code, reason),
      ...findCredentialSource(failed.provider),
    },
    told: [
      answer === undefined
        ? `${place.source} logs "${reason}"`
        : `${answer.service} answered ${nameOperation(answer)}with ${answer.status} ${answer.code ?? ''}`,
    ],
  };
}

/** A request that was refused before anybody read it has no operation. */
function nameOperation({ operation }: TimelineEventOf<'aws-answered'>): string {
  return operation === 'unknown' ? '' : `${operation} `;
}

const SERVICES: ReadonlyMap<string, string> = new Map([
  ['sts', 'STS'],
  ['metadata', 'the instance metadata'],
  ['container', 'the container agent'],
]);

function findRemedy(code: string | undefined, reason: string): Pick<CauseFacts, 'remedy'> {
  if (code === 'ExpiredTokenException' || code === 'ExpiredToken')
    return {
      remedy:
        'mount the folder of the token, not the file by subPath, so that a newer token comes; then restart the pod that signs',
    };
  if (reason.endsWith('] not found'))
    return {
      remedy:
        'restart the pod that signs after each push of clusters, or upgrade: Envoy 1.34 keeps the cluster for STS',
    };
  return { remedy: 'restart the pod that signs, which asks again at once' };
}

function tellAge(
  found: TimelineEventOf<'credential'>,
  { logs, place }: Pick<Failure, 'logs' | 'place'>,
): CredentialStory {
  const ended = found.expiresAt === undefined ? '' : `, they ended ${describeAgo(place.request.at - found.expiresAt)}`;
  const first = logs.find(({ text }) => found.accessKeyId !== undefined && text.includes(found.accessKeyId)) ?? found;
  const story = `${place.source} got its keys ${describeAgo(place.request.at - first.at)}${ended}${describeNextFetch(logs, place.request.seq)}`;
  return {
    facts: {
      story,
      remedy: 'restart the pod that signs, which fetches keys anew',
      ...findCredentialSource(found.provider),
    },
    told: [`${place.source} tells of no newer keys from ${found.provider}`],
  };
}

/** Envoy before 1.34 signs with what it has, and before the first fetch it has nothing. */
function tellPending(logs: readonly TimelineEventOf<'log'>[]): CredentialStory | undefined {
  const asked = logs.findLast(({ text }) =>
    /^Getting AWS (?:web identity )?credentials from (?:STS|the EC2MetadataService|the \S+ at URI)/.test(text),
  );
  const isAnswered = logs.some(
    ({ seq, text }) =>
      seq > (asked?.seq ?? 0) &&
      /^(?:onSuccess|fetch AWS Metadata failed|Received|Obtained|Found|Could not)/.test(text),
  );
  if (asked === undefined || isAnswered) return undefined;
  return {
    facts: {
      story: 'its first keys were still on their way',
      remedy:
        'let the pod become ready only once it has keys, or upgrade: from Envoy 1.34 on requests wait for the first keys',
    },
    told: [`the log says "${asked.text}", and nothing came back before the request`],
  };
}

/** Where it looked last, in its own words. */
function tellSearch(logs: readonly TimelineEventOf<'log'>[]): CredentialStory | undefined {
  const error = logs.findLast(({ level }) => level === 'error') ?? logs.findLast(({ text }) => NAMED_FILE.test(text));
  if (error === undefined) return undefined;
  return { facts: { story: error.text, ...findCredentialSource(error.text) }, told: [`the log says "${error.text}"`] };
}

/** A file that somebody named, not the one that is looked for without a word. */
const NAMED_FILE = /^Unable to read from credential file (?!\/\.aws\/)/;

/** Longer than this, nobody means to renew in time. */
const NOTABLE_MS = 600_000;

function describeNextFetch(logs: readonly TimelineEventOf<'log'>[], since: number): string {
  const plan =
    logs.findLast(({ text, seq }) => PLAN.test(text) && seq > since) ?? logs.findLast(({ text }) => PLAN.test(text));
  const delayMs = Number(PLAN.exec(plan?.text ?? '')?.[1] ?? 0) * 1_000;
  return delayMs < NOTABLE_MS ? '' : `; it asks again only ${formatDuration(delayMs)} later`;
}

const PLAN = /setting credential refresh to (\d+)s/;

function describeAgo(ms: number): string {
  return ms < 1_000 ? 'just before' : `${formatDuration(ms)} before`;
}
