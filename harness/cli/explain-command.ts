import { readFile } from 'node:fs/promises';
import type { Instant } from '#core/clock.ts';
import { MeshrigError, messageOf, systemCodeOf } from '#core/errors.ts';
import { parseRequestTime } from '#mock-aws/sigv4/request-time.ts';
import type { PathRule, ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { createAnswerJson, renderAnswerReport } from '../explain/answer-report.ts';
import { createRequestJson } from '../explain/create-request-json.ts';
import { explainAnswer } from '../explain/explain-answer.ts';
import { explainCheckedText } from '../explain/explain-checked-text.ts';
import { type JudgedPaste, judgePasted } from '../explain/judge-pasted.ts';
import type { Findings } from '../explain/findings/finding.ts';
import { createFindingsJson, renderFindings } from '../explain/findings/findings-report.ts';
import type { GivenKeys } from '../explain/judge-request.ts';
import { readPasted } from '../explain/pasted/read-pasted.ts';
import type { Pasted, PastedAnswer, PastedRequest } from '../explain/pasted/types.ts';
import { readAuthorization } from '../explain/read-authorization.ts';
import { renderRequestReport } from '../explain/render-request-report.ts';

/** Options of `meshrig explain [file]`, as parsed from the command line. */
export interface ExplainInput {
  /** A path, or `-` for standard input. */
  readonly file: string;
  readonly json: boolean;
  /** ISO 8601, extended or basic (`20150830T123600Z`). Default: the clock. */
  readonly now?: string;
  /** Default: those of the credential scope. */
  readonly region?: string;
  readonly service?: string;
  /** Default: the service's own rule; both are tried for a service that is not known. */
  readonly pathRule?: PathRule;
}

/** What the command reads and writes. */
export interface ExplainIo {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clockNow: () => Instant;
}

interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** What the command resolves with. */
const EXIT_CODES = {
  0: 'the signature is accepted',
  1: 'the signature is refused, or could not be checked for want of a secret key',
  2: 'an option has a value that can not be read',
  3: 'the file can not be read, or no HTTP request is in it',
} as const;

type ExplainExitCode = keyof typeof EXIT_CODES;

/**
 * `meshrig explain FILE`: judges one request as AWS would, and says why it is refused. It may be pasted as a raw request, as the trace of
 * `curl -v` or as the debug log of an Envoy; of an AWS error alone, its own words are explained.
 *
 * Keys come from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; the secret is never written. The
 * report goes to stdout, a complaint about the input to stderr. Resolves with 0 (accepted), 1 (refused, or
 * not checked for want of a secret key), 2 (an option) or 3 (the input).
 */
export async function runExplain(input: ExplainInput, io: ExplainIo): Promise<ExplainExitCode> {
  try {
    return await explain(input, io);
  } catch (error) {
    if (!(error instanceof MeshrigError)) throw error;
    return complain(error, io.stderr);
  }
}

async function explain(input: ExplainInput, io: ExplainIo): Promise<ExplainExitCode> {
  const name = input.file === '-' ? 'stdin' : input.file;
  let exitCode: ExplainExitCode = 0;
  for (const [index, pasted] of readPasted(await readInput(input.file, io), name).entries()) {
    if (index > 0 && !input.json) io.stdout.write('\n');
    exitCode = explainOne(pasted, input, io) === 0 ? exitCode : 1;
  }
  return exitCode;
}

function explainOne(pasted: Pasted, input: ExplainInput, io: ExplainIo): ExplainExitCode {
  if (pasted.form === 'answer') return explainPastedAnswer(pasted, input, io);
  if (pasted.form === 'findings') return printFindings(pasted, input, io);
  const { answer, request } = pasted;
  if (pasted.form === 'curl trace' && answer !== undefined && isToldByAnswer(request, answer))
    return explainPastedAnswer({ answer, request }, input, io);
  return explainPastedRequest(pasted, input, io);
}

/** An unsigned request is the caller's own, and of a signed one AWS itself names every check but the comparison. */
function isToldByAnswer(request: ReceivedRequest, answer: PastedAnswer): boolean {
  if (readAuthorization(request) === undefined) return true;
  return (answer.status ?? 0) >= 400 && explainAnswer(answer, request).grade === 'consistent';
}

function explainPastedRequest(pasted: PastedRequest, input: ExplainInput, io: ExplainIo): ExplainExitCode {
  const { now, region, service, pathRule } = input;
  const judged = judgePasted(pasted, {
    keys: readKeys(io.env),
    clockNow: io.clockNow,
    ...(now === undefined ? {} : { now: parseNow(now) }),
    ...(region === undefined ? {} : { region }),
    ...(service === undefined ? {} : { service }),
    ...(pathRule === undefined ? {} : { pathRule }),
  });
  return printRequest(judged, input, io);
}

function printRequest({ parsed, report, now }: JudgedPaste, input: ExplainInput, io: ExplainIo): ExplainExitCode {
  if (input.json) {
    io.stdout.write(`${JSON.stringify(createRequestJson(report))}\n`);
  } else {
    const view = { parsed, report, now, command: `meshrig explain ${input.file}` };
    io.stdout.write(`${renderRequestReport(view, { color: hasColor(io) }).join('\n')}\n`);
  }
  return report.explanation === undefined ? 0 : 1;
}

function printFindings(
  { found, repairs }: { readonly found: Findings; readonly repairs: readonly string[] },
  { json }: ExplainInput,
  { stdout }: ExplainIo,
): ExplainExitCode {
  stdout.write(
    json ? `${JSON.stringify(createFindingsJson(found))}\n` : `${renderFindings(found, repairs).join('\n')}\n`,
  );
  return found.findings.length === 0 ? 0 : 1;
}

/** The caller of a gateway sees neither what was signed nor what AWS checked: its answer has to tell. */
function explainPastedAnswer(
  { answer, request }: { answer: PastedAnswer; request?: ReceivedRequest },
  { json }: ExplainInput,
  { stdout, env }: ExplainIo,
): ExplainExitCode {
  const isRefusal = answer.status === undefined || answer.status >= 400 || answer.isFunctionError === true;
  const keys = readKeys(env);
  const checked =
    answer.checked && explainCheckedText(answer.checked, { keys, ...(request !== undefined && { request }) });
  const report = { answer, explanation: checked ?? (isRefusal ? explainAnswer(answer, request) : undefined) };
  stdout.write(json ? `${JSON.stringify(createAnswerJson(report))}\n` : `${renderAnswerReport(report).join('\n')}\n`);
  return report.explanation === undefined ? 0 : 1;
}

function parseNow(text: string): Instant {
  try {
    return parseRequestTime(text).at;
  } catch (cause) {
    throw new MeshrigError('USAGE', `Failed to read option "--now": "${text}" is not an ISO 8601 time`, {
      hint: 'Write it as 2015-08-30T12:36:00Z or 20150830T123600Z.',
      cause,
    });
  }
}

async function readInput(file: string, { stdin }: ExplainIo): Promise<Uint8Array> {
  try {
    return file === '-' ? await readAll(stdin) : await readFile(file);
  } catch (cause) {
    throw new MeshrigError('UNREADABLE_FILE', `Failed to read file "${file}": ${describeReadError(cause)}`, { cause });
  }
}

async function readAll(stdin: ExplainIo['stdin']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin)
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not permitted',
};

function describeReadError(error: unknown): string {
  return READ_ERRORS[systemCodeOf(error) ?? ''] ?? messageOf(error);
}

/** An empty variable counts as not set, as the SDKs read it. */
function readKeys(env: ExplainIo['env']): GivenKeys {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? '';
  const sessionToken = env['AWS_SESSION_TOKEN'] ?? '';
  return {
    ...(accessKeyId === '' ? {} : { accessKeyId }),
    ...(secretAccessKey === '' ? {} : { secretAccessKey }),
    ...(sessionToken === '' ? {} : { sessionToken }),
  };
}

function hasColor({ env, stdout }: ExplainIo): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return (env['FORCE_COLOR'] ?? '') !== '' || stdout.isTTY === true;
}

function complain(error: MeshrigError, stderr: TextSink): ExplainExitCode {
  const { location, message, hint, code } = error;
  const exitCode = code === 'USAGE' ? 2 : 3;
  const place = location === undefined ? '' : `${location.file}:${location.line}:${location.column}  `;
  const lines = [`${place}${message}`, location?.snippet, hint, `exit ${exitCode}   ${EXIT_CODES[exitCode]}`];
  stderr.write(`${lines.filter((line) => line !== undefined).join('\n')}\n`);
  return exitCode;
}
