import { getHeader } from '#core/http-message.ts';
import { joinHeaderLines, mendHeader } from './envoy-log-headers.ts';
import { splitEnvoyLog, type LogEntry } from './envoy-log-entries.ts';
import { readSignings, type LoggedSigning } from './envoy-log-signings.ts';
import type { PastedAnswer, PastedRequest } from './types.ts';
import { trimCode } from './error-body.ts';

/** Whether a text has a line of an Envoy's log, in Envoy's own form or in Istio's. */
export function isEnvoyLog(text: string): boolean {
  return splitEnvoyLog(text).length > 0;
}

/**
 * Reads the last request in the debug log of an Envoy, as it left (`router decoding headers`), or else as it came, with what the
 * signer wrote about it. Lines that were wrapped and stars that Markdown ate are mended, and each repair is told (seed 000).
 * Undefined when no request is in it.
 */
export function readEnvoyLog(text: string): PastedRequest | undefined {
  const entries = splitEnvoyLog(text);
  const found = findRequest(entries, 'router decoding headers') ?? findRequest(entries, 'request headers complete');
  if (found === undefined) return undefined;
  const { entry, headers, repairs } = found;
  const authority = headers.get(':authority');
  const fields = [...headers].filter(([name]) => !name.startsWith(':')).flat();
  const signing = findSigning(readSignings(entries), getHeader(fields, 'authorization'));
  const reason = getHeader(fields, 'authorization') === undefined ? findMissingCredentials(entries) : undefined;
  const declared = getHeader(fields, 'x-amz-content-sha256');
  const answer = findAnswer(entries, entry);
  return {
    form: 'Envoy log',
    request: {
      method: headers.get(':method') ?? 'GET',
      target: headers.get(':path') ?? '/',
      httpVersion: '1.1',
      headers: authority === undefined ? fields : ['host', authority, ...fields],
      body: new Uint8Array(0),
    },
    lineEnding: text.includes('\r\n') ? 'CRLF' : 'LF',
    repairs: [...repairs, ...(signing?.repairs ?? [])],
    at: entry.at,
    ...(declared === undefined ? {} : { payloadHash: declared }),
    ...(signing === undefined ? {} : { stringToSign: signing.stringToSign }),
    ...(reason === undefined ? {} : { unsignedBecause: reason }),
    ...(answer === undefined ? {} : { answer }),
  };
}

interface FoundRequest {
  readonly entry: LogEntry;
  readonly headers: ReadonlyMap<string, string>;
  readonly repairs: readonly string[];
}

/** The last that was refused; else the last one with a signature; without any, the last one. */
function findRequest(entries: readonly LogEntry[], title: string): FoundRequest | undefined {
  const found = entries.filter(({ text }) => text.includes(title)).map(readRequest);
  const signed = found.filter(({ headers }) => headers.has('authorization'));
  const isRefused = ({ entry }: FoundRequest) => (findAnswer(entries, entry)?.status ?? 0) >= 400;
  const chosen = signed.findLast(isRefused) ?? signed.at(-1) ?? found.findLast(isRefused) ?? found.at(-1);
  if (chosen === undefined || found.length === 1) return chosen;
  const place = found.indexOf(chosen) + 1;
  return { ...chosen, repairs: [`request ${place} of the ${found.length} in the log was taken`, ...chosen.repairs] };
}

function readRequest(entry: LogEntry): FoundRequest {
  const { lines, joined } = joinHeaderLines(entry.lines);
  const headers = new Map<string, string>();
  const repairs = joined === 0 ? [] : [`${joined} wrapped ${joined === 1 ? 'line' : 'lines'} joined`];
  for (const [name, value] of lines) {
    const mended = mendHeader(name, value);
    if (mended !== value) repairs.push(`"${value}" read as "${mended}" (${name})`);
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? mended : `${earlier},${mended}`);
  }
  return { entry, headers, repairs };
}

/** Newer builds hide the signature in the log: the last one then has to be it. */
function findSigning(signings: readonly LoggedSigning[], authorization: string | undefined): LoggedSigning | undefined {
  const signature = /Signature=([0-9a-f]{64})/.exec(authorization ?? '')?.[1];
  if (signature === undefined) return undefined;
  return (
    signings.findLast((signing) => signing.signature === signature) ??
    signings.findLast((signing) => signing.signature === undefined)
  );
}

const MISSING_CREDENTIALS =
  /(?:Could not retrieve credentials listing.*|No AWS credentials .*|Sign exiting early.*|Could not load AWS credentials .*|Error retrieving credentials.*)/;

function findMissingCredentials(entries: readonly LogEntry[]): string | undefined {
  return entries.map(({ text }) => MISSING_CREDENTIALS.exec(text)?.[0]).findLast((text) => text !== undefined);
}

/** The answer on the same stream; in a log that names no streams, the next one. */
function findAnswer(entries: readonly LogEntry[], request: LogEntry): PastedAnswer | undefined {
  const entry = entries
    .slice(entries.indexOf(request))
    .find(
      ({ text, lines, stream }) =>
        stream === request.stream && ANSWER.test(text) && lines.some((line) => line.startsWith("':status'")),
    );
  if (entry === undefined) return undefined;
  const headers = new Map(joinHeaderLines(entry.lines).lines);
  const status = headers.get(':status');
  const code = headers.get('x-amzn-errortype');
  if (status === undefined) return undefined;
  return { status: Number(status), ...(code === undefined ? {} : { code: trimCode(code) }) };
}

const ANSWER = /upstream headers complete|encoding headers via codec/;
