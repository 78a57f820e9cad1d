#!/usr/bin/env node
import { loadProgram } from './load-program.js';

// The SDK warns about Node 20 once per process, on its first import.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const parameters = process.argv.slice(2);
const { main, finish } = await loadProgram({
  command: parameters[0] ?? 'help',
  scenarios: findValue('--scenarios'),
});
const { stdin, stdout, stderr, env } = process;
const readers = new AbortController();
for (const output of [stdout, stderr]) {
  output.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    readers.abort();
  });
}
const exitCode = await main(parameters, { stdin, stdout, stderr, environment: env, readersGone: readers.signal });
finish();
// Whatever a run could not close has been reported, and must not keep the process.
stdout.write('', () => process.exit(exitCode));

/** The value of an option, in either form that the command line takes. */
function findValue(option) {
  const index = parameters.findIndex((parameter) => parameter === option || parameter.startsWith(`${option}=`));
  return parameters[index] === option ? parameters[index + 1] : parameters[index]?.slice(option.length + 1);
}
