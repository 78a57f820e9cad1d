import { formatBasicTime } from '#mock-aws/sigv4/request-time.ts';
import { hideSessionToken } from '#mock-aws/sigv4/hide-session-token.ts';
import type { PathRule } from '#mock-aws/sigv4/types.ts';
import type { Explanation } from './explanation.ts';
import type { RequestReport } from './explain-request.ts';
import { isAccepted, type Judgement } from './judge-request.ts';
import type { PastedRequest } from './pasted/types.ts';
import { type RenderOptions, renderCanonicalDiff } from './render-canonical-diff.ts';
import { renderLabelled, shorten, spellInvisible } from './text-layout.ts';

const LABEL_WIDTH = 11;

const PATH_RULES: Readonly<Record<PathRule, string>> = {
  normalized: 'path rule "normalized": as every AWS service but S3',
  raw: 'path rule "raw": as S3',
};

/** What is shown of one explained request. */
export interface RequestReportView {
  readonly parsed: PastedRequest;
  readonly report: RequestReport;
  readonly now: number;
  /** The command that would prove it, shown when no key was given. */
  readonly command: string;
}

/** A judged request as lines: read, check, verdict, proof, fix, next, and the canonical request where it helps. */
export function renderRequestReport(view: RequestReportView, options: RenderOptions = {}): string[] {
  const { parsed, report } = view;
  const { explanation } = report;
  return [
    ...label('read', [describeRead(parsed, report.judgement)]),
    ...label('repaired', parsed.repairs),
    ...label('check', describeCheck(view)),
    ...label('verdict', describeVerdict(report)),
    ...(explanation === undefined ? [] : renderExplained(explanation, view)),
    ...renderTexts(report, options),
  ];
}

function label(name: string, clauses: readonly string[]): string[] {
  return clauses.length === 0 ? [] : renderLabelled(name, clauses, LABEL_WIDTH);
}

function describeRead(parsed: PastedRequest, { authorization }: Judgement): string {
  const { request, lineEnding } = parsed;
  const target = shorten(hideSessionToken(request.target), 48);
  const body = describeBody(parsed);
  const form = authorization === undefined ? 'no signature' : `${authorization.form} signature`;
  const source =
    parsed.form === 'raw request'
      ? lineEnding
      : `from ${parsed.form === 'curl trace' ? 'a curl trace' : 'a log of Envoy'}`;
  return `1 request: ${request.method} ${target}, ${countHeaders(request.headers.length / 2)}, ${body}, ${source}, ${form}`;
}

function describeBody({ request, payloadHash }: PastedRequest): string {
  if (payloadHash !== undefined) return 'the hash of its body';
  return request.body.length === 0 ? 'no body' : `${request.body.length} byte body`;
}

function countHeaders(count: number): string {
  return count === 1 ? '1 header' : `${count} headers`;
}

function describeCheck({ report, now }: RequestReportView): string[] {
  const { service, region, rules, credential, edgeChanges } = report.judgement;
  const key = credential === undefined ? '' : `, key ${credential.accessKeyId}`;
  return [
    `as "${service}" in ${region} at ${formatBasicTime(now)}, window ${rules.windowMinutes} min${key}`,
    ...edgeChanges.map(
      ({ rule, header, from, to, evidence }) => `edge rule ${rule} (${evidence}): ${header} ${describeEdit(from, to)}`,
    ),
  ];
}

function describeEdit(from: string | undefined, to: string | undefined): string {
  if (to === undefined) return 'is removed';
  return from === undefined ? `is set to "${to}"` : `"${from}" is read as "${to}"`;
}

function describeVerdict({ judgement, explanation, isRecomputed }: RequestReport): string[] {
  if (explanation === undefined) {
    const token = judgement.isTokenAddedAfterSigning ? ['the session token was added to the query after signing'] : [];
    return ['accepted: the signature matches', PATH_RULES[judgement.pathRule], ...token, ...listWarnings(judgement)];
  }
  const { grade, cause, sentence } = explanation;
  const isUnchecked =
    !isRecomputed && 'failure' in judgement.verdict && judgement.verdict.failure === 'signature-mismatch';
  const code = isUnchecked ? 'not checked: no secret key' : `refused: ${describeCode(judgement)}`;
  return [code, cause === grade ? cause : `${grade}: ${cause}`, sentence];
}

function describeCode({ verdict }: Judgement): string {
  return isAccepted(verdict) ? '' : (verdict.code ?? `status ${verdict.status}`);
}

function listWarnings({ verdict }: Judgement): readonly string[] {
  return isAccepted(verdict) ? verdict.warnings : [];
}

function renderExplained({ proof, fix, where }: Explanation, { report, command }: RequestReportView): string[] {
  return [
    ...label('where', where === undefined ? [] : [where]),
    ...label('proof', proof),
    ...label('fix', [fix]),
    ...(report.isRecomputed ? [] : label('next', ['set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then:', command])),
  ];
}

/** The difference where it is known; else, where nothing explains the refusal, the text that was checked. */
function renderTexts({ explanation, judgement }: RequestReport, options: RenderOptions): string[] {
  if (explanation?.diff !== undefined) return ['', ...renderCanonicalDiff(explanation.diff, options)];
  const { verdict } = judgement;
  if (explanation?.cause !== 'unexplained' || !('failure' in verdict)) return [];
  const { canonicalRequest } = verdict;
  if (canonicalRequest === undefined) return [];
  const lines = hideSessionToken(canonicalRequest).split('\n');
  return [
    '',
    `Canonical request checked as "${judgement.service}"`,
    ...lines.map((line) => `    ${spellInvisible(line)}`.trimEnd()),
  ];
}
