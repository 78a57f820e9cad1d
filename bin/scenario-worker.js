// A thread of `meshrig run`: harness/parallel/scenario-workers.ts starts it and tells it what to run.
import { parentPort, workerData } from 'node:worker_threads';
import { loadProgram } from './load-program.js';

const { seed, without, scenarios, keepsCompiled } = workerData;
const { serveScenarios, finish } = await loadProgram({ command: 'worker', scenarios });
await serveScenarios(parentPort, { seed, without });
if (keepsCompiled) finish();
