import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { excerptLine } from '#core/excerpt.ts';
import { MeshrigError } from '#core/errors.ts';
import { getHeader } from '#core/http-message.ts';
import { fitBody } from './fit-body.ts';
import { splitHead, type HeadLine } from './split-head.ts';

/** A request read from a file or a pipe. */
export interface ParsedRawRequest {
  readonly request: ReceivedRequest;
  readonly lineEnding: 'LF' | 'CRLF';
  /** What was read differently from the bytes given, as sentences for the reader. */
  readonly repairs: readonly string[];
}

interface Start {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: ReceivedRequest['httpVersion'];
  /** Value of `:authority`, or the authority of an absolute-form target. */
  readonly authority: string | undefined;
  /** How many lines the start took: one request line, or all pseudo header lines. */
  readonly lines: number;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PSEUDO_LINE = /^:(method|path|authority|scheme):[ \t]*(.*?)[ \t]*$/;

/**
 * Reads one raw HTTP request as people paste it: LF or CRLF, folded headers, a target that holds
 * blanks or raw UTF-8 (as the published vectors do), absolute form, or HTTP/2 pseudo header lines
 * instead of a request line. Strings of the result are byte strings; the body keeps its exact bytes
 * except for the rule of {@link fitBody}.
 *
 * @param file - name for messages only
 * @throws MeshrigError INVALID_REQUEST with line and column
 */
export function parseRawRequest(bytes: Uint8Array, file: string): ParsedRawRequest {
  const head = splitHead(bytes);
  const [first] = head.lines;
  if (first === undefined) {
    throw new MeshrigError('INVALID_REQUEST', `Failed to read request "${file}": it is empty`, { hint: FORM_HINT });
  }
  const start = first.text.startsWith(':') ? parsePseudoLines(head.lines, file) : parseRequestLine(first, file);
  const headers = parseHeaders(head.lines.slice(start.lines), file);
  const { repairs, withHost } = placeAuthority(start, headers);
  const fitted = fitBody(head.body, getHeader(headers, 'content-length'));
  return {
    request: {
      method: start.method,
      target: start.target,
      httpVersion: start.httpVersion,
      headers: withHost,
      body: fitted.body,
    },
    lineEnding: head.lineEnding,
    repairs: fitted.repair === undefined ? repairs : [...repairs, fitted.repair],
  };
}

const FORM_HINT = 'Give one request: "GET /path HTTP/1.1", the headers, an empty line, then the body if there is one.';

function parseRequestLine(line: HeadLine, file: string): Start {
  const method = line.text.split(' ', 1)[0] ?? '';
  if (!TOKEN.test(method)) throw invalid(file, line, 1, `"${shorten(line.text)}" does not start with a method`);
  const rest = line.text.slice(method.length).trimEnd();
  const version = / HTTP\/(1\.0|1\.1|2|2\.0)$/.exec(rest);
  if (version === null) {
    throw invalid(file, line, line.text.length + 1, 'the first line does not end in HTTP/1.1, HTTP/1.0 or HTTP/2');
  }
  const written = rest.slice(1, version.index);
  if (written === '') throw invalid(file, line, method.length + 2, 'the first line has no target');
  const { target, authority } = splitAbsoluteForm(written);
  if (!target.startsWith('/') && target !== '*') {
    throw invalid(
      file,
      line,
      method.length + 2,
      `the target "${shorten(target)}" starts with neither "/" nor a scheme`,
    );
  }
  return { method, target, httpVersion: toVersion(version[1]), authority, lines: 1 };
}

function toVersion(text: string | undefined): ReceivedRequest['httpVersion'] {
  if (text === '1.0' || text === '1.1') return text;
  return '2';
}

function splitAbsoluteForm(written: string): { target: string; authority: string | undefined } {
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(written);
  if (absolute === null) return { target: written, authority: undefined };
  const [, authority, rest = ''] = absolute;
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority };
}

function parsePseudoLines(lines: readonly HeadLine[], file: string): Start {
  const found = new Map<string, string>();
  let count = 0;
  for (const line of lines) {
    if (!line.text.startsWith(':')) break;
    const [, name, value] = PSEUDO_LINE.exec(line.text) ?? [];
    if (name === undefined || value === undefined) {
      throw invalid(file, line, 1, `"${shorten(line.text)}" is not a pseudo header such as ":method: POST"`);
    }
    found.set(name, value);
    count += 1;
  }
  const method = found.get('method');
  const target = found.get('path');
  const last = lines[count - 1];
  if (last !== undefined && (method === undefined || target === undefined)) {
    throw invalid(file, last, 1, `the pseudo headers lack ":${method === undefined ? 'method' : 'path'}"`);
  }
  return {
    method: method ?? '',
    target: target ?? '',
    httpVersion: '2',
    authority: found.get('authority'),
    lines: count,
  };
}

function parseHeaders(lines: readonly HeadLine[], file: string): string[] {
  const headers: string[] = [];
  for (const line of lines) {
    const control = findControlCharacter(line.text);
    if (control !== -1) throw invalid(file, line, control + 1, 'a control character stands in a header');
    if (/^[ \t]/.test(line.text)) {
      unfold(headers, line, file);
      continue;
    }
    const colon = line.text.indexOf(':');
    if (colon === -1) throw invalid(file, line, 1, `"${shorten(line.text)}" is not a header: it has no ":"`);
    const name = line.text.slice(0, colon);
    if (!TOKEN.test(name)) throw invalid(file, line, 1, `"${shorten(name)}" is not a header name`);
    headers.push(name, trimBlanks(line.text.slice(colon + 1)));
  }
  return headers;
}

/** A line that starts with a blank goes on with the value before it; SigV4 reads the fold as one space (aws.md 1.7). */
function unfold(headers: string[], line: HeadLine, file: string): void {
  const folded = headers.pop();
  if (folded === undefined) throw invalid(file, line, 1, 'a folded line stands before the first header');
  headers.push(`${folded} ${trimBlanks(line.text)}`.trimEnd());
}

/** `:authority` and an absolute form win over `Host`, as in RFC 9112 3.2.2 and aws.md 1.8. */
function placeAuthority(start: Start, headers: readonly string[]): { withHost: string[]; repairs: string[] } {
  const host = getHeader(headers, 'host');
  if (start.authority === undefined || start.authority === host) return { withHost: [...headers], repairs: [] };
  const withHost = ['Host', start.authority];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name.toLowerCase() !== 'host') withHost.push(name, headers[index + 1] ?? '');
  }
  const repairs = host === undefined ? [] : [`Host "${host}" gave way to the authority "${start.authority}"`];
  return { withHost, repairs };
}

function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

function findControlCharacter(text: string): number {
  return Array.from(text).findIndex((character) => character !== '\t' && (character < ' ' || character === '\x7f'));
}

function shorten(text: string): string {
  const printable = makePrintable(text);
  return printable.length > 40 ? `${printable.slice(0, 37)}...` : printable;
}

function invalid(file: string, line: HeadLine, column: number, fact: string): MeshrigError {
  return new MeshrigError('INVALID_REQUEST', `Failed to read request "${file}": ${fact}`, {
    hint: FORM_HINT,
    location: { file, line: line.number, column, snippet: createSnippet(line, column) },
  });
}

function createSnippet(line: HeadLine, column: number): string {
  const shown = excerptLine(line.text, column);
  const gutter = String(line.number).padStart(4);
  return `${gutter} | ${makePrintable(shown.text)}\n${' '.repeat(gutter.length)} | ${' '.repeat(shown.column - 1)}^`;
}

function makePrintable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
