import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBootstrap, nameListener } from './bootstrap.ts';
import type { TestCertificates } from './certificates.ts';
import { startRecorder, type Recorder } from './recorder.ts';
import { SIGNING_SUITE } from './signing-suite.ts';
import { startProxyProcess, type ProxyCommand } from './start-proxy-process.ts';
import { UPSTREAM_NAMES, type Place } from './types.ts';
import { findFreePort } from './upstreams.ts';

/** A proxy with every signing listener, and the upstream that it sends to. */
export interface SigningSubject extends AsyncDisposable {
  readonly recorder: Recorder;
  /** Sends bytes to a listener and gives the status of the answer. */
  send(listener: string, bytes: string): Promise<string>;
  /** The canonical requests in its log, oldest first, once there are so many. */
  readCanonicalRequests(count: number): Promise<readonly string[]>;
}

/** @param encoding that of the log: Envoy writes the bytes of a header as they are, Node as characters */
export async function startSigningSubject(
  command: ProxyCommand,
  certificates: TestCertificates,
  encoding: 'latin1' | 'utf8',
): Promise<SigningSubject> {
  const recorder = await startRecorder();
  const place = await createPlace(recorder);
  const lastPort = [...place.listenerPorts.values()].at(-1) ?? 0;
  const proxy = await startProxyProcess(command, createBootstrap([SIGNING_SUITE], place, certificates), lastPort);
  return {
    recorder,
    send: (name, bytes) => sendBytes(place.listenerPorts.get(nameListener(SIGNING_SUITE, name)) ?? 0, bytes),
    // The log may come later than the answer.
    async readCanonicalRequests(count) {
      for (let tries = 0; ; tries++) {
        const found = findCanonicalRequests(proxy.log().toString(encoding));
        if (found.length >= count || tries > 50) return found;
        await sleep(20);
      }
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await recorder[Symbol.asyncDispose]();
    },
  };
}

async function createPlace(recorder: Recorder): Promise<Place> {
  const listenerPorts = new Map<string, number>();
  for (const name of Object.keys(SIGNING_SUITE.listeners))
    listenerPorts.set(nameListener(SIGNING_SUITE, name), await findFreePort());
  const upstreamPorts = Object.fromEntries(UPSTREAM_NAMES.map((name) => [name, recorder.port]));
  return { listenerPorts, upstreamPorts: upstreamPorts as Place['upstreamPorts'] };
}

async function sendBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(Buffer.from(bytes, 'latin1'));
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return head.toString('latin1', 9, 12);
}

function findCanonicalRequests(log: string): string[] {
  const matches = log.matchAll(/Canonical request:\n([^]*?)\n(?:\[20|20\d\d-)[^\n]*String to sign:/g);
  return Array.from(matches, ([, text = '']) => text);
}
