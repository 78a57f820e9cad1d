import { MeshrigError } from '#core/errors.ts';
import { readFindings } from '../findings/read-findings.ts';
import { parseRawRequest } from '../parse-raw-request.ts';
import { readAnswerHead } from './answer-head.ts';
import { isCurlTrace, readCurlTrace } from './curl-trace.ts';
import { decodePaste } from './decode-paste.ts';
import { isEnvoyLog, readEnvoyLog } from './envoy-log.ts';
import { readErrorBody } from './error-body.ts';
import { splitRequests } from './split-requests.ts';
import { stripPrefixes } from './strip-prefixes.ts';
import type { Pasted, PastedRequest } from './types.ts';

/**
 * Reads what people paste: raw HTTP requests, the trace of `curl -v`, the debug log of an Envoy, the body of an AWS error, lines of an
 * access log, a table of `istioctl proxy-status`. What collectors, terminals and Windows add is taken off. More than one only for raw requests.
 *
 * @param file name for messages only
 * @throws MeshrigError INVALID_REQUEST with line and column
 */
export function readPasted(input: Uint8Array, file: string): readonly Pasted[] {
  const decoded = decodePaste(input, file);
  if (decoded.bytes.toString('latin1').trim() === '') throw unreadable(file, 'it is empty');
  const stripped = stripPrefixes(decoded.bytes.toString('latin1'));
  const repairs = [...decoded.repairs, ...stripped.repairs];
  const log = readLog(stripped.text, file);
  const found = log ?? readSpecial(stripped.text, file);
  if (found !== undefined) return [{ ...found, repairs: [...repairs, ...found.repairs] }];
  const bytes = stripped.repairs.length === 0 ? decoded.bytes : Buffer.from(stripped.text, 'latin1');
  return splitRequests(bytes).map((request) => ({
    form: 'raw request',
    ...addRepairs(parseRequest(request, file), repairs),
  }));
}

/** A request in a log says most; without a signature, what other lines name as a failure says more. */
function readLog(text: string, file: string): Pasted | undefined {
  if (!isEnvoyLog(text)) return undefined;
  const request = readEnvoyLog(text);
  if (request !== undefined && isTelling(request)) return request;
  const found = readFindings(text);
  if (found !== undefined && (found.findings.length > 0 || request === undefined))
    return { form: 'findings', found, repairs: [] };
  if (request !== undefined) return request;
  throw new MeshrigError(
    'INVALID_REQUEST',
    `Failed to read "${file}": it is a log of Envoy without the headers of a request, and no line of it names a failure`,
    {
      hint: 'Raise the log level (istioctl proxy-config log POD --level http:debug,router:debug,aws:debug,connection:debug), send the request again, and paste from "request headers complete" on.',
      location: { file, line: text.split('\n').length, column: 1 },
    },
  );
}

/** A signed request tells why AWS refused it; one that was answered otherwise has nothing wrong with its signature. */
function isTelling({ request, unsignedBecause, answer }: PastedRequest): boolean {
  const isAnswered = answer?.status !== undefined && answer.status !== 400 && answer.status !== 403;
  const isSigned = request.headers.some((name, index) => index % 2 === 0 && name === 'authorization');
  return !isAnswered && (isSigned || unsignedBecause !== undefined);
}

function readSpecial(text: string, file: string): Pasted | undefined {
  const trace = isCurlTrace(text) ? readCurlTrace(text, file) : undefined;
  if (trace?.answer !== undefined) return trace;
  const failed = trace && readFindings(text);
  if (failed !== undefined) return { form: 'findings', found: failed, repairs: [] };
  if (trace !== undefined) return trace;
  const answer = readAnswerHead(text) ?? readErrorBody(text);
  if (answer !== undefined) return { form: 'answer', answer, repairs: [] };
  const found = readFindings(text);
  return found === undefined ? undefined : { form: 'findings', found, repairs: [] };
}

function parseRequest(bytes: Uint8Array, file: string): ReturnType<typeof parseRawRequest> {
  if (isLikeRequest(bytes)) return parseRawRequest(bytes, file);
  throw unreadable(file, `line ${firstLine(bytes).number} begins none of the forms that can be explained`, bytes);
}

/** Whether the first line can be meant as the start of a request, so that a complaint about it helps. */
function isLikeRequest(bytes: Uint8Array): boolean {
  const { text } = firstLine(bytes);
  return (
    /^:[a-z]+:/.test(text) ||
    /^[A-Za-z]+ +(?:\/|\*|https?:)/.test(text) ||
    /HTTP\/[\d.]+\s*$/.test(text) ||
    /^[A-Z]{3,10}\b/.test(text)
  );
}

function firstLine(bytes: Uint8Array): { readonly text: string; readonly number: number } {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const index = lines.findIndex((line) => line.trim() !== '');
  return { text: lines[index] ?? '', number: index + 1 };
}

const FORMS =
  'Give a raw HTTP request, the trace of "curl -v", debug or access log lines of Envoy, log lines of istiod, a table of "istioctl proxy-status", or the body of an AWS error.';

function unreadable(file: string, fact: string, bytes?: Uint8Array): MeshrigError {
  const first = bytes === undefined ? undefined : firstLine(bytes);
  return new MeshrigError('INVALID_REQUEST', `Failed to read request "${file}": ${fact}`, {
    hint: FORMS,
    ...(first !== undefined && {
      location: {
        file,
        line: first.number,
        column: 1,
        snippet: `${String(first.number).padStart(4)} | ${first.text.replace(/[^\x20-\x7e]/g, '?').slice(0, 70)}\n     | ^`,
      },
    }),
  });
}

function addRepairs<Parsed extends { readonly repairs: readonly string[] }>(
  parsed: Parsed,
  repairs: readonly string[],
): Parsed {
  return repairs.length === 0 ? parsed : { ...parsed, repairs: [...repairs, ...parsed.repairs] };
}
