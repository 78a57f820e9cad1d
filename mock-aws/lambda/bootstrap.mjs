// The Node runtime of a function process: loads the handler named by _HANDLER, then asks the Lambda Runtime API for
// events, one at a time, and posts results (aws.md 2.10). Plain JavaScript, because a function process starts without
// a TypeScript loader. It has no dependency, as a cold start is part of what scenarios measure.
import { existsSync, writeSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, types } from 'node:util';

const { AWS_LAMBDA_RUNTIME_API: api, _HANDLER: handlerName, LAMBDA_TASK_ROOT: root } = process.env;
const [hostname, port] = api.split(':');
let requestId = '';

/** One call of the Runtime API; the connection is kept for the next one. */
function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method, path: `/2018-06-01/runtime${path}`, headers };
    const sent = request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function describe(thrown) {
  if (!types.isNativeError(thrown)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

function runtimeError(name, message) {
  return Object.assign(new Error(message), { name: `Runtime.${name}` });
}

function printLine(level, values) {
  const line = `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values)}\n`;
  writeSync(1, line);
}

for (const [method, level] of Object.entries({
  log: 'INFO',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  debug: 'DEBUG',
})) {
  console[method] = (...values) => printLine(level, values);
}

async function loadHandler() {
  const match = /^(.*\/)?([^/]+?)\.([^/]+)$/.exec(handlerName);
  if (match === null) throw runtimeError('MalformedHandlerName', 'Bad handler');
  const [, folder = '', file, exportName] = match;
  const path = ['.js', '.mjs', '.cjs']
    .map((extension) => join(root, folder, file + extension))
    .find((name) => existsSync(name));
  if (path === undefined) throw runtimeError('ImportModuleError', `Error: Cannot find module '${file}'`);
  const loaded = await import(pathToFileURL(path).href).catch((error) => {
    if (error instanceof SyntaxError) throw runtimeError('UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    throw error?.code?.includes('MODULE_NOT_FOUND')
      ? runtimeError('ImportModuleError', `Error: ${error.message}`)
      : error;
  });
  const handler = exportName.split('.').reduce((value, key) => value?.[key], { ...loaded.default, ...loaded });
  if (typeof handler !== 'function') {
    throw runtimeError('HandlerNotFound', `${file}.${exportName} is undefined or not exported`);
  }
  return handler;
}

function createContext(headers) {
  const env = process.env;
  // The deadline is an instant of the scenario's clock; this process has only the machine's.
  const deadline =
    performance.now() + Number(headers['lambda-runtime-deadline-ms']) - Number(headers['meshrig-now-ms']);
  const clientContext = headers['lambda-runtime-client-context'];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: requestId,
    ...(clientContext === undefined ? {} : { clientContext: JSON.parse(clientContext) }),
    getRemainingTimeInMillis: () => Math.floor(deadline - performance.now()),
  };
}

/** Awaits an async handler, or the callback of an old one. */
function runHandler(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error === undefined || error === null ? resolve(result) : reject(error));
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
    else if (handler.length < 3) resolve(returned);
  });
}

function postError(path, error) {
  printLine('ERROR', [`${path === '/init/error' ? 'Init' : 'Invoke'} Error`, error]);
  const described = describe(error);
  endLog();
  return call('POST', path, JSON.stringify(described), { 'Lambda-Runtime-Function-Error-Type': described.errorType });
}

/** Log and result travel apart; this line tells the mock that no more of the run's log will come. */
function endLog() {
  writeSync(1, `\0END ${requestId}\n`);
}

/** What nobody caught ends the run and, as a new process is cleaner than a broken one, the process. */
async function postAndExit(error, status) {
  await postError(`/invocation/${requestId}/error`, error);
  process.exit(status);
}

function watchForLostRuns() {
  process.on('uncaughtException', (error) => postAndExit(error, 129));
  process.on('unhandledRejection', (reason) =>
    postAndExit(runtimeError('UnhandledPromiseRejection', String(reason)), 128),
  );
  process.on('beforeExit', () => {
    void postAndExit(runtimeError('NodeJsExit', 'The handler never settled and nothing is left to wait for.'), 0);
  });
}

async function serve(handler) {
  for (;;) {
    const { headers, text } = await call('GET', '/invocation/next');
    requestId = headers['lambda-runtime-aws-request-id'];
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    try {
      const result = await runHandler(handler, JSON.parse(text), createContext(headers));
      const payload = JSON.stringify(result) ?? 'null';
      endLog();
      await call('POST', `/invocation/${requestId}/response`, payload);
    } catch (error) {
      await postError(`/invocation/${requestId}/error`, error);
    }
  }
}

try {
  const handler = await loadHandler();
  watchForLostRuns();
  await serve(handler);
} catch (error) {
  await postError('/init/error', error);
  process.exit(1);
}
