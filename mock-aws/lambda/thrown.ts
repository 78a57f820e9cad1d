import { types } from 'node:util';

/**
 * What a function threw, as the Node runtime reports it (aws.md 2.4): the error's name, or the JavaScript type of
 * anything else with an empty trace. `bootstrap.mjs` says the same for functions in their own process.
 */
export function formatThrown(thrown: unknown): string {
  if (!types.isNativeError(thrown)) {
    return JSON.stringify({ errorType: typeof thrown, errorMessage: String(thrown), trace: [] });
  }
  return JSON.stringify({
    errorType: thrown.name,
    errorMessage: thrown.message,
    trace: (thrown.stack ?? '').split('\n'),
  });
}
