import type { RequestJson } from './create-request-json.ts';
import type { Explanation } from './explanation.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { PastedAnswer } from './pasted/types.ts';
import { readCheckedRequest } from './explain-checked-text.ts';
import { renderCanonicalDiff } from './render-canonical-diff.ts';
import { renderLabelled, shorten, spellInvisible } from './text-layout.ts';
import { hideSessionToken } from '#mock-aws/sigv4/hide-session-token.ts';

/** An answer that was explained by its own words. */
export interface AnswerReport {
  readonly answer: PastedAnswer;
  /** Undefined when the answer is none to explain. */
  readonly explanation: Explanation | undefined;
}

const LABEL_WIDTH = 11;

/** The report of an answer as lines: read, verdict, proof, fix. */
export function renderAnswerReport({ answer, explanation }: AnswerReport): string[] {
  const { status, code, message, text } = answer;
  const told = [status, code, message ?? text].filter((part) => part !== undefined && part !== '').join(' ');
  const label = (name: string, clauses: readonly string[]) => renderLabelled(name, clauses, LABEL_WIDTH);
  const read = label('read', [`1 answer: ${shorten(hideSecrets(told.replace(/\s+/g, ' ')), 160)}`]);
  if (explanation === undefined) return [...read, ...label('verdict', ['answered: there is nothing to explain'])];
  const { cause, grade, sentence, proof, fix } = explanation;
  return [
    ...read,
    ...label('verdict', [cause === grade ? cause : `${grade}: ${cause}`, sentence]),
    ...label('proof', proof),
    ...label('fix', [fix]),
    ...renderChecked(answer, explanation),
  ];
}

/** The difference where it is known; else what AWS says it checked. */
function renderChecked({ checked }: PastedAnswer, { diff }: Explanation): string[] {
  if (diff !== undefined) return ['', ...renderCanonicalDiff(diff)];
  const text = checked && readCheckedRequest(checked);
  if (text === undefined) return [];
  const lines = hideSessionToken(text).split('\n');
  return ['', 'Canonical request checked by AWS', ...lines.map((line) => `    ${spellInvisible(line)}`.trimEnd())];
}

/** The same as plain data, in the fields of a request that was judged. */
export function createAnswerJson({ answer, explanation }: AnswerReport): RequestJson {
  return {
    verdict: explanation === undefined ? 'accepted' : 'refused',
    code: answer.code ?? null,
    message: readMessage(answer),
    canonicalRequest: answer.checked?.canonicalRequest ?? null,
    stringToSign: answer.checked?.stringToSign ?? null,
    cause: explanation?.cause ?? null,
    grade: explanation?.grade ?? null,
    sentence: explanation?.sentence ?? null,
    proof: explanation?.proof ?? [],
    fix: explanation?.fix ?? null,
    header: explanation?.header ?? null,
    pathRule: null,
    service: null,
    region: null,
    accessKeyId: null,
    searched: explanation?.searched ?? { singles: 0, pairs: 0 },
    ruledOut: explanation?.ruledOut ?? [],
    edgeChanges: [],
    warnings: [],
  };
}

function readMessage({ message, text }: PastedAnswer): string | null {
  const told = message ?? text;
  return told === undefined ? null : hideSecrets(told);
}
