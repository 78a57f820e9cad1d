import { formatDuration } from '../../duration.ts';
import { readTransportFailure } from '../connections/certificate-refusal.ts';
import { classifyFlags } from '../classify-flags.ts';
import type { CauseFacts } from '../cause-text.ts';
import { type AccessLogEntry, parseAccessLogLine } from './access-log-entry.ts';
import type { Finding, Findings } from './finding.ts';

/** Reads every line of an access log of Envoy; undefined when there is none in the lines. */
export function readAccessLog(
  lines: readonly string[],
): (Findings & { readonly lines: ReadonlySet<number> }) | undefined {
  const read = new Set<number>();
  const findings: Finding[] = [];
  for (const [index, line] of lines.entries()) {
    const entry = mayBeEntry(line) ? parseAccessLogLine(line) : undefined;
    if (entry === undefined) continue;
    read.add(index + 1);
    const finding = explainEntry(entry, index + 1);
    if (finding !== undefined) findings.push(finding);
  }
  if (read.size === 0) return undefined;
  const requests = read.size === 1 ? '1 request' : `${read.size} requests`;
  const failed = findings.length === 0 ? 'none' : findings.length;
  return { read: `${requests} of an access log, ${failed} failed`, findings, lines: read };
}

/** Most lines of a log are none, and are not worth a regular expression. */
function mayBeEntry(line: string): boolean {
  return line.includes('] "') || /^\s*\{/.test(line);
}

function explainEntry(entry: AccessLogEntry, line: number): Finding | undefined {
  const { status, flags, details, transportFailure } = entry;
  const cause = classifyFlags({
    flags,
    ...(details !== undefined && { details }),
    ...(transportFailure !== undefined && { transportFailure }),
  });
  const told = describeWords(entry);
  if (cause === 'connection-failure' && isSlow(entry))
    return { line, cause: 'connect-timeout', grade: 'likely', facts: createFacts(entry), told };
  if (cause !== undefined) return { line, cause, grade: 'consistent', facts: createFacts(entry), told };
  if (status > 0 && status < 400) return undefined;
  const message = `The proxy passed ${status} on as it came: ${
    details === undefined || details === 'via_upstream' ? 'no response flag is set' : `details ${details}`
  }.`;
  return { line, cause: 'unexplained', grade: 'unexplained', facts: { message, advice: ADVICE }, told };
}

const ADVICE =
  'paste the body of the answer, or the debug log of the proxy that signs: an answer of AWS names its check';

/** A refusal comes at once; Envoy waits for a connection 5 s by default, Istio's clusters 10 s. */
function isSlow({ durationMs = 0, details = '', transportFailure }: AccessLogEntry): boolean {
  return durationMs >= 1_000 && transportFailure === undefined && !details.includes('TLS');
}

function createFacts(entry: AccessLogEntry): CauseFacts {
  const { method, path, authority, upstreamCluster, upstreamHost, route, durationMs } = entry;
  return {
    ...(method !== undefined && path !== undefined && { request: `${method} ${path}` }),
    ...(authority !== undefined && { authority }),
    ...(upstreamCluster !== undefined && { upstreamCluster }),
    ...(upstreamHost !== undefined && { address: upstreamHost }),
    ...(route !== undefined && { route }),
    ...(durationMs !== undefined && { waited: formatDuration(durationMs) }),
    ...readReason(entry),
  };
}

/** Why, in the words of the transport or of the details; access logs have underscores for blanks. */
function readReason({ details = '', transportFailure }: AccessLogEntry): CauseFacts {
  const reason = transportFailure ?? /[{[](.*)[}\]]$/.exec(details)?.[1];
  return reason === undefined ? {} : readTransportFailure(reason);
}

function describeWords({ method, path, status, flags, details, transportFailure }: AccessLogEntry): string {
  const words = [
    `${method ?? 'TCP'} ${path ?? 'connection'} ${status}`,
    `response flags ${flags === '' ? '-' : flags}`,
    ...(details === undefined
      ? []
      : [`details ${transportFailure === undefined ? details : details.replace(/\{.*\}$/, '')}`]),
    ...(transportFailure === undefined ? [] : [`transport failure "${transportFailure}"`]),
  ];
  return words.join(', ');
}
