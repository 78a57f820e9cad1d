import type { RequestJson } from './create-request-json.ts';
import type { Explanation } from './explanation.ts';
import type { PastedAnswer } from './pasted/types.ts';
import { renderLabelled, shorten } from './text-layout.ts';

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
  const read = label('read', [`1 answer: ${shorten(told, 160)}`]);
  if (explanation === undefined) return [...read, ...label('verdict', ['answered: there is nothing to explain'])];
  const { cause, grade, sentence, proof, fix } = explanation;
  return [
    ...read,
    ...label('verdict', [cause === grade ? cause : `${grade}: ${cause}`, sentence]),
    ...label('proof', proof),
    ...label('fix', [fix]),
  ];
}

/** The same as plain data, in the fields of a request that was judged. */
export function createAnswerJson({ answer, explanation }: AnswerReport): RequestJson {
  return {
    verdict: explanation === undefined ? 'accepted' : 'refused',
    code: answer.code ?? null,
    message: answer.message ?? answer.text ?? null,
    canonicalRequest: null,
    stringToSign: null,
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
    searched: { singles: 0, pairs: 0 },
    ruledOut: [],
    edgeChanges: [],
    warnings: [],
  };
}
