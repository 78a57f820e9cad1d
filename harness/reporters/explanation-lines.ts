import type { ExplanationOfCall } from '#core/timeline.ts';
import { spellInvisible, wrapText } from '../explain/text-layout.ts';

const LABEL_WIDTH = 7;
const PAGE_WIDTH = 80;

/** Why, where, proof and fix, labelled: the short form of an explanation. */
export function createExplanationLines(explanation: ExplanationOfCall, indentation: string): string[] {
  const { sentence, where, proof = [], fix } = explanation;
  const rows: [string, readonly string[]][] = [
    ['Why', [sentence]],
    ['Where', where === undefined ? [] : [where]],
    ['Proof', proof],
    ['Fix', fix === undefined ? [] : [fix]],
  ];
  return rows.flatMap(([label, clauses]) => createLabelledLines(label, clauses, indentation));
}

function createLabelledLines(label: string, clauses: readonly string[], indentation: string): string[] {
  const width = PAGE_WIDTH - indentation.length - LABEL_WIDTH;
  const lines = clauses.flatMap((clause) => wrapText(spellInvisible(clause), width));
  return lines.map((line, index) => indentation + (index === 0 ? label : '').padEnd(LABEL_WIDTH) + line);
}
