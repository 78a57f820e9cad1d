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
  const repairs: string[] = [];
  const opened = openFence(text, repairs);
  const lines = (flattenJson(opened, repairs) ?? opened).split(/\r?\n/);
  let current = unwrapJson(lines, repairs);
  for (const { name, pattern } of PREFIXES) {
    const filled = current.filter((line) => line.trim() !== '');
    const matching = filled.filter((line) => pattern.test(line)).length;
    if (matching === 0 || matching < filled.length * SHARE) continue;
    current = current.map((line) => line.replace(pattern, ''));
    repairs.push(`prefixes of ${name} left out`);
  }
  if (repairs.length === 0) return { text, repairs };
  return { text: repairs.length === 1 && repairs[0] === FENCE ? opened : current.join('\n'), repairs };
}

const FENCE = 'code fence left out';

/** A paste that begins with a code fence is what stands in it; its lines keep their numbers. */
function openFence(text: string, repairs: string[]): string {
  const [whole, before = '', inside = ''] = /^(\s*```[^\n]*\n)([^]*?)\r?\n```/.exec(text) ?? [];
  if (whole === undefined) return text;
  repairs.push(FENCE);
  return `${before.replace(/[^\n]/g, '')}${inside}`;
}

/** One JSON document over several lines, or an array of entries, as one line each; undefined for any other text. */
function flattenJson(text: string, repairs: string[]): string | undefined {
  const trimmed = text.trim();
  if (!/^(\[\s*\{|\{)/.test(trimmed) || !trimmed.includes('\n')) return undefined;
  try {
    const parsed: unknown = JSON.parse(trimmed);
    repairs.push('JSON put on one line an entry');
    return (Array.isArray(parsed) ? parsed : [parsed]).map((entry) => JSON.stringify(entry)).join('\n');
  } catch {
    return undefined;
  }
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
