import { classifyFlags } from '../classify-flags.ts';
import { findCredentialSource } from '../credential-source.ts';
import { readReset } from '../read-reset.ts';
import { readCurlError } from './curl-error.ts';
import type { Finding, Findings } from './finding.ts';

type Told = Pick<Finding, 'cause' | 'facts'> & { readonly grade?: Finding['grade'] };

interface Pattern {
  readonly text: RegExp;
  /** Undefined where a closer look finds nothing wrong. */
  readonly read: (groups: readonly string[]) => Told | undefined;
}

/** `type.googleapis.com/envoy.config.listener.v3.Listener` by the word of proxy-status. */
const TYPE_WORDS: readonly (readonly [type: RegExp, word: string])[] = [
  [/Listener$/, 'LDS'],
  [/RouteConfiguration$/, 'RDS'],
  [/Cluster$/, 'CDS'],
  [/ClusterLoadAssignment$/, 'EDS'],
  [/Secret$/, 'SDS'],
];

/** What Envoy and istiod log about failures whose cause the line itself names. */
const PATTERNS: readonly Pattern[] = [
  {
    text: /^curl: \((\d+)\) (.*)$/,
    read: ([number = '', message = '']) => readCurlError(Number(number), message),
  },
  {
    text: /\bADS:(\w+): ACK ERROR (\S+) (?:Internal:)?(.*)$/,
    read: ([resourceType = '', proxy = '', message = '']) => ({
      cause: 'push-rejected',
      facts: { answeredBy: `proxy "${proxy.replace(/-\d+$/, '')}"`, resourceType, message },
    }),
  },
  {
    text: /gRPC config (?:update )?for (\S+) (?:update )?rejected: (.*)$/,
    read: ([type = '', message = '']) => ({
      cause: 'push-rejected',
      facts: { resourceType: TYPE_WORDS.find(([pattern]) => pattern.test(type))?.[1] ?? type, message },
    }),
  },
  {
    text: /failed to fetch (?:key and certificate|ca certificate) for kubernetes:\/\/(\S+): (.*)$/,
    read: ([credential = '', message = '']) => ({ cause: 'secret-missing', facts: { credential, message } }),
  },
  {
    text: /((?:Could not (?:retrieve|load|parse) (?:AWS )?credentials|No AWS credentials|Error retrieving (?:AWS )?credentials|Unable to read AWS web identity|No roles found to fetch AWS credentials|Sign exiting early|Failed to get (?:AWS )?credentials).*)$/,
    read: ([message = '']) => ({ cause: 'no-credentials', facts: { message, ...findCredentialSource(message) } }),
  },
  {
    text: /no matching filter chain found/,
    read: () => ({ cause: 'no-filter-chain', facts: {} }),
  },
  {
    text: /upstream reset: reset reason: ?([^,]*)(?:, transport failure reason: ?(.*))?$/,
    read: ([reason = '', transport = '']) => readReset(reason, transport),
  },
  {
    text: /\bTLS[_ ]error: ?(.*(?:CERTIFICATE|WRONG_VERSION).*)$/,
    read: ([failure = '']) => readReset('connection failure', failure),
  },
  {
    text: /Sending local reply with details (\S.*)$/,
    read: ([details = '']) => {
      const cause = classifyFlags({ flags: '', details });
      return cause && { cause, facts: {} };
    },
  },
  { text: /\] upstream timeout$/, read: () => ({ cause: 'route-timeout', facts: {} }) },
  { text: /\] upstream per try timeout/, read: () => ({ cause: 'per-try-timeout', facts: {} }) },
  {
    text: /\bno (?:route|cluster) match for URL '([^']*)'/,
    read: ([path = '']) => ({ cause: 'no-route', facts: { request: path } }),
  },
  {
    text: /\bunknown cluster '([^']*)'/,
    read: ([upstreamCluster = '']) => ({ cause: 'no-cluster', facts: { upstreamCluster } }),
  },
  { text: /\bno healthy (?:host|upstream)/, read: () => ({ cause: 'no-healthy-upstream', facts: {} }) },
];

/** Words that all lines of interest share in part, so that the rest of a large log costs little. */
const INTERESTING =
  /^curl: |ACK ERROR|local reply|rejected:|credentials|Sign exiting|web identity|filter chain|reset reason|TLS[_ ]error|timeout|match for URL|unknown cluster|no healthy|failed to fetch/;

/** Reads the lines of a log whose words name a cause; undefined when none does. */
export function readLogLines(lines: readonly string[], skipped: ReadonlySet<number> = new Set()): Findings | undefined {
  const findings = lines.flatMap((line, index) =>
    INTERESTING.test(line) && !skipped.has(index + 1) ? (readLine(line.trimEnd(), index + 1) ?? []) : [],
  );
  if (findings.length === 0) return undefined;
  const read =
    findings.length === 1
      ? '1 line of a log that says what is wrong'
      : `${findings.length} lines of a log that say what is wrong`;
  return { read, findings };
}

function readLine(line: string, number: number): Finding | undefined {
  // Newer releases of Istio end their lines in the number of the thread.
  const text = line.replace(/\s+thread=\d+$/, '');
  for (const pattern of PATTERNS) {
    const match = pattern.text.exec(text);
    if (match === null) continue;
    const told = pattern.read(match.slice(1).map((group: string | undefined) => group ?? ''));
    return told && { line: number, grade: 'consistent', ...told, told: quoteWords(text) };
  }
  return undefined;
}

const LONGEST_WORDS = 160;

/** What the line says, without its time and level. */
function quoteWords(line: string): string {
  const words = line
    .replace(/^\S+\s+(?:trace|debug|info|warn|warning|error|critical)\s+/, '')
    .replace(/\S+\.cc:\d+\s+/, '')
    .replace(/\s+/g, ' ');
  return `the log says "${words.length <= LONGEST_WORDS ? words : `${words.slice(0, LONGEST_WORDS)}...`}"`;
}
