import { setTimeout as sleep } from 'node:timers/promises';
import { createBootstrap, nameListener } from './bootstrap.ts';
import { sendCase } from './caller.ts';
import type { TestCertificates } from './certificates.ts';
import { describeObservation, type Observation } from './observation.ts';
import { startProxyProcess, type ProxyCommand } from './start-proxy-process.ts';
import type { ConformanceCase, Place, Suite } from './types.ts';
import { findFreePort, startUpstreams } from './upstreams.ts';

/** A proxy with upstreams of its own: cases run on both sides at once, and on each side one after another. */
export interface Side extends AsyncDisposable {
  run(suite: Suite, testCase: ConformanceCase): Promise<Observation>;
}

/** Starts one side on the configuration of every suite. */
export async function startSide(
  suites: readonly Suite[],
  certificates: TestCertificates,
  command: ProxyCommand,
): Promise<Side> {
  const upstreams = await startUpstreams(certificates);
  const listenerPorts = new Map<string, number>();
  for (const suite of suites) {
    for (const listener of Object.keys(suite.listeners)) {
      listenerPorts.set(nameListener(suite, listener), await findFreePort());
    }
  }
  const place: Place = { listenerPorts, upstreamPorts: upstreams.ports };
  // Listeners open in their order.
  const lastPort = [...listenerPorts.values()].at(-1) ?? 0;
  const proxy = await startProxyProcess(command, createBootstrap(suites, place, certificates), lastPort);
  return {
    async run(suite, testCase) {
      const listener = testCase.listener ?? Object.keys(suite.listeners)[0] ?? '';
      const port = listenerPorts.get(nameListener(suite, listener)) ?? 0;
      upstreams.begin(testCase.answers ?? []);
      const view = await sendCase(testCase, port, certificates);
      await sleep(testCase.settleMs ?? 0);
      return describeObservation(view, upstreams.received(), place);
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await upstreams[Symbol.asyncDispose]();
    },
  };
}
