import type { ExplainCall } from '../expectations/explainer.ts';
import { explainFailure } from './explain-failure.ts';
import { renderCanonicalDiff } from './render-canonical-diff.ts';
import { renderPath } from './render-path.ts';

/** Explains a call of a scenario: {@link explainFailure} in the words and lines that reports print. */
export const explainCall: ExplainCall = (question) => {
  const { events, callId } = question;
  const explanation = explainFailure(
    events,
    { call: callId },
    { findSecretAccessKey: (accessKeyId) => question.findSecretAccessKey(accessKeyId) },
  );
  if (explanation === undefined) return undefined;
  const { cause, grade, header, sentence, where, proof, fix, diff, path } = explanation;
  return {
    cause,
    grade,
    ...(header === undefined ? {} : { header }),
    sentence,
    ...(where === undefined ? {} : { where }),
    proof,
    fix,
    details: [...(diff === undefined ? [] : [...renderCanonicalDiff(diff), '']), ...renderPath(path)],
  };
};
