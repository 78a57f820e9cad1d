import type { LambdaCause } from './cause.ts';
import type { CauseText } from './cause-text.ts';

/** Why and what to do where Lambda accepted the signature and the caller got an error. */
export const LAMBDA_CAUSE_TEXTS: Readonly<Record<LambdaCause, CauseText>> = {
  'function-throttled': {
    why: ({ message }) => `Lambda ran nothing: ${message ?? 'as many invocations as allowed were under way'}.`,
    fix: () => 'raise the concurrency, retry fewer attempts that run on, or wait until they have ended',
  },
  'function-not-found': {
    why: ({ functionName }) =>
      functionName?.startsWith('arn:') === false
        ? `Lambda looked for function "${functionName}" in the account and the region of the access key and found none.`
        : `Lambda found no function${functionName === undefined ? '' : ` "${functionName}"`}.`,
    fix: ({ functionName }) =>
      functionName?.startsWith('arn:') === false
        ? 'create it there, or call it by its ARN: Envoy before 1.23 sends only the name, also where an ARN is configured'
        : 'compare region, account, name and qualifier with the function that exists',
  },
  'function-failed': {
    why: ({ message }) =>
      `The function ran and failed${message === undefined ? '' : `: ${message.replace(/\.$/, '')}`}. Gateway and signature did their part.`,
    fix: () => 'look at the log of the function',
  },
  'function-answered': {
    why: ({ functionName, status }) =>
      `Function${functionName === undefined ? '' : ` "${functionName}"`} ran and answered ${status ?? 'so'} itself. Gateway and signature did their part.`,
    fix: () => 'look at the log of the function, if that is not what it should answer',
  },
  'answer-unreadable': {
    why: (facts) =>
      `The function ran, but ${facts.answeredBy ?? 'the proxy'} could not read its answer as an HTTP response, and answered 500 without a body.`,
    fix: () =>
      'let the function answer a JSON object with statusCode, headers and a body that is a string, or set payload_passthrough on the filter',
  },
};
