import type { Explanation } from './explanation.ts';
import { type RenderOptions, renderCanonicalDiff } from './render-canonical-diff.ts';
import { renderPath } from './render-path.ts';
import { renderLabelled } from './text-layout.ts';

const LABEL_WIDTH = 7;

/**
 * An explanation as lines of at most 77 columns, without indentation: why, where, proof, fix, then the canonical request
 * and the path. Control characters never reach the terminal.
 */
export function renderExplanation(explanation: Explanation, options: RenderOptions = {}): string[] {
  const { sentence, where, proof, fix, diff, path } = explanation;
  const blocks = [
    [
      ...renderLabelled('Why', [sentence], LABEL_WIDTH),
      ...(where === undefined ? [] : renderLabelled('Where', [where], LABEL_WIDTH)),
      ...renderLabelled('Proof', proof, LABEL_WIDTH),
      ...renderLabelled('Fix', [fix], LABEL_WIDTH),
    ],
    diff === undefined ? [] : renderCanonicalDiff(diff, options),
    renderPath(path),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}
