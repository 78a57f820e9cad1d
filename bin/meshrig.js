#!/usr/bin/env node
import { register } from 'tsx/esm/api';

// The SDK warns about Node 20 once per process, on its first import.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
register();
const { main } = await import('../harness/cli/main.ts');
const { stdin, stdout, stderr, env } = process;
const exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, environment: env });
// Whatever a run could not close has been reported, and must not keep the process.
stdout.write('', () => process.exit(exitCode));
