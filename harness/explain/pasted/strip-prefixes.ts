/** The text of a log without what its collector put in front of each line. Lines keep their numbers. */
export interface StrippedLog {
  readonly text: string;
  readonly repairs: readonly string[];
}

interface Prefix {
  readonly name: string;
  readonly pattern: RegExp;
}

const PREFIXES: readonly Prefix[] = [
  { name: 'kubectl logs --prefix', pattern: /^\[pod\/[^\]]+\] ?/ },
  { name: 'docker compose', pattern: /^[\w.-]+ +\| ?/ },
  // The time and stream that containerd writes into a pod's log file; P marks a line that goes on in the next.
  { name: 'containerd', pattern: /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP] ?/ },
  // A second time in front of the line's own.
  { name: 'kubectl logs --timestamps', pattern: /^\d{4}-\d\d-\d\dT[\d:]+\.\d+Z (?=\[?\d{4}-\d\d-\d\d|\{|'|$)/ },
  {
    name: 'stern',
    pattern: /^[a-z0-9](?:[\w.-]*[a-z0-9])? [a-z0-9](?:[\w.-]*[a-z0-9])? (?=\[?\d{4}-\d\d-\d\d[T ]|\{"|'|\[\w)/,
  },
];

/** A prefix that only few lines have belongs to what they say. */
const SHARE = 0.6;

/** Takes prefixes off, and lines out of the JSON that a collector wrapped them in; anything else stays as it is. */
export function stripPrefixes(text: string): StrippedLog {
  const lines = text.split(/\r?\n/);
  const repairs: string[] = [];
  let current = unwrapJson(lines, repairs);
  for (const { name, pattern } of PREFIXES) {
    const filled = current.filter((line) => line.trim() !== '');
    const matching = filled.filter((line) => pattern.test(line)).length;
    if (matching === 0 || matching < filled.length * SHARE) continue;
    current = current.map((line) => line.replace(pattern, ''));
    repairs.push(`prefixes of ${name} left out`);
  }
  return repairs.length === 0 ? { text, repairs } : { text: current.join('\n'), repairs };
}

function unwrapJson(lines: readonly string[], repairs: string[]): string[] {
  const filled = lines.filter((line) => line.trim() !== '');
  const unwrapped = lines.map(unwrapLine);
  const wrapped = unwrapped.filter((line) => line !== undefined).length;
  if (wrapped === 0 || wrapped < filled.length * SHARE) return [...lines];
  repairs.push('log lines taken out of JSON');
  return lines.map((line, index) => unwrapped[index] ?? line);
}

/** What collectors and Istio itself (`--log_as_json`) put beside the text; an error of AWS has none of it. */
const COMPANIONS = [
  'time',
  'timestamp',
  '@timestamp',
  'ts',
  'stream',
  'scope',
  'level',
  'severity',
  'kubernetes',
  'resource',
];
const TEXT_FIELDS = ['log', 'msg', 'message', 'textPayload', 'line', '_raw'];

function unwrapLine(line: string): string | undefined {
  const trimmed = line.trim().replace(/,$/, '');
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined;
  let entry: unknown;
  try {
    entry = JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(entry));
  const text = TEXT_FIELDS.map((name) => fields.get(name)).find((value) => typeof value === 'string');
  if (typeof text !== 'string' || !COMPANIONS.some((name) => fields.has(name))) return undefined;
  const [time, level, scope] = ['time', 'level', 'scope'].map((name) => fields.get(name));
  if (typeof time === 'string' && typeof level === 'string' && typeof scope === 'string')
    return `${time}\t${level}\t${scope}\t${text}`;
  return text.replace(/\r?\n$/, '');
}
