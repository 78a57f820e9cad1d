import { networkInterfaces } from 'node:os';
import type { CallerView } from './caller.ts';
import type { Place } from './types.ts';
import type { ReceivedAttempt } from './upstreams.ts';

/** What came of a case on one side, as lines that can be compared with the other side's. */
export type Observation = readonly string[];

/**
 * Writes down what the caller and the upstreams saw. What differs from run to run becomes a mark: ports, dates, generated
 * ids, measured times. Headers are sorted by name (their order carries no meaning), the values of one name are not.
 */
export function describeObservation(view: CallerView, attempts: readonly ReceivedAttempt[], place: Place): Observation {
  const lines = [
    ...view.responses.flatMap((response, index) => [
      `answer ${index + 1}: ${response.version} ${response.status} ${response.reason}`.trimEnd(),
      ...describeHeaders(`answer ${index + 1}`, response.headers),
      ...describeHeaders(`answer ${index + 1} trailer`, response.trailers),
      `answer ${index + 1} body: ${JSON.stringify(response.body)}`,
      ...(response.isFinal || response.status < 200 ? [] : [`answer ${index + 1} is cut off`]),
    ]),
    `connection ${view.connection}`,
    ...attempts
      .toSorted(byUpstream)
      .flatMap((attempt, index) => [
        `upstream ${index + 1}: ${attempt.upstream} ${attempt.requestLine}`,
        ...(attempt.tls === undefined ? [] : [`upstream ${index + 1} tls: ${attempt.tls}`]),
        ...describeHeaders(`upstream ${index + 1}`, attempt.headers),
        ...describeHeaders(`upstream ${index + 1} trailer`, attempt.trailers),
        `upstream ${index + 1} body: ${describeBody(attempt.body)}`,
      ]),
  ];
  return lines.map((line) => replacePorts(line, place));
}

/** Attempts at two upstreams at once have no order. */
function byUpstream(a: ReceivedAttempt, b: ReceivedAttempt): number {
  return a.upstream < b.upstream ? -1 : Number(a.upstream > b.upstream);
}

function describeHeaders(prefix: string, headers: readonly string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    lines.push(`${prefix} ${name}: ${replaceVarying(name, headers[index + 1] ?? '')}`);
  }
  return lines
    .map((line, index) => ({ line, name: line.slice(0, line.indexOf(':')), index }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.index - b.index))
    .map(({ line }) => line);
}

/** Envoy writes the members of an event in no order. */
function describeBody(body: string): string {
  if (!body.startsWith('{')) return JSON.stringify(body);
  const sortMembers = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return replaceSignature(JSON.stringify(JSON.parse(body), sortMembers).replace(UUID, '<uuid>'));
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Sent by cases themselves, so it must not become a mark. */
const KNOWN_UUID = '11111111-1111-4111-8111-111111111111';
const HTTP_DATE = /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g;

function replaceVarying(name: string, value: string): string {
  if (name.toLowerCase() === 'x-envoy-upstream-service-time') return '<ms>';
  if (name === 'x-amz-date') return '<date>';
  // Of a body that has a request id in it.
  if (name === 'x-amz-content-sha256') return '<hash>';
  // A second attempt is told what is left, which depends on how long the first one took.
  if (name.toLowerCase() === 'x-envoy-expected-rq-timeout-ms') {
    const step = Number(value) > 1_000 ? 500 : 100;
    return String(Math.ceil(Number(value) / step) * step);
  }
  const text = value.replace(HTTP_DATE, '<date>').replace(UUID, (uuid) => (uuid === KNOWN_UUID ? uuid : '<uuid>'));
  return replaceSignature(text);
}

/** Where a request has been signed, or a function was told how. */
function replaceSignature(text: string): string {
  return text
    .replaceAll(/Signature=[0-9a-f]{64}/g, 'Signature=<signature>')
    .replaceAll(/\/20\d{6}\//g, '/<day>/')
    .replaceAll(/"x-amz-date":"\d{8}T\d{6}Z"/g, '"x-amz-date":"<date>"')
    .replaceAll(/"x-envoy-expected-rq-timeout-ms":"\d+"/g, '"x-envoy-expected-rq-timeout-ms":"<ms>"')
    .replaceAll(/"x-amz-content-sha256":"[0-9a-f]{64}"/g, '"x-amz-content-sha256":"<hash>"');
}

/**
 * A caller on this machine is named by an address of the machine in `x-forwarded-for`: Envoy takes that of an interface, the
 * signing proxy the one it was called at.
 */
const OWN_ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

function replacePorts(line: string, { listenerPorts, upstreamPorts }: Place): string {
  let text = OWN_ADDRESS === undefined ? line : line.replaceAll(OWN_ADDRESS, '127.0.0.1');
  const replace = (port: number, word: string) => {
    // Whole numbers: a port may stand within the number of an account.
    text = text.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), word);
  };
  for (const [name, port] of Object.entries(upstreamPorts)) replace(port, `<port of ${name}>`);
  for (const port of listenerPorts.values()) replace(port, '<port>');
  return text;
}

/** One line that only one side has, or a line of which the sides have versions. */
export interface Difference {
  readonly envoy: string | undefined;
  readonly ours: string | undefined;
}

/** Pairs the lines that differ. Equal lines are left out wherever they stand. */
export function compareObservations(envoy: Observation, ours: Observation): Difference[] {
  const onlyEnvoy = subtract(envoy, ours);
  const onlyOurs = subtract(ours, envoy);
  const differences: Difference[] = [];
  for (const line of onlyEnvoy) {
    const twin = onlyOurs.findIndex((other) => labelOf(other) === labelOf(line));
    differences.push({ envoy: line, ours: twin < 0 ? undefined : onlyOurs.splice(twin, 1)[0] });
  }
  return [...differences, ...onlyOurs.map((line) => ({ envoy: undefined, ours: line }))];
}

function subtract(lines: Observation, others: Observation): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

function labelOf(line: string): string {
  if (line.startsWith('connection')) return 'connection';
  return line.slice(0, line.indexOf(': '));
}
