import type { RawHeaders } from '#core/http-message.ts';
import type { Backend, CallResult, Environment, Forward, KubeCluster, RunContext } from '#harness/backends/backend.ts';

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: RawHeaders;
  readonly body?: string;
  /** Virtual time until the answer. */
  readonly afterMs?: number;
}

export interface FakeBackendOptions {
  /** The answer to a call; `at` is the virtual time since the start. */
  readonly answer?: (path: string, at: number) => FakeAnswer;
  readonly leaks?: readonly string[];
  readonly onStart?: (run: RunContext) => void | Promise<void>;
  readonly onStop?: (run: RunContext) => void | Promise<void>;
}

/** The double of a backend: one cluster whose port-forward answers from a function. Nothing of the runner is doubled. */
export function createFakeBackend(options: FakeBackendOptions = {}): Backend {
  return {
    name: 'fake',
    async start(topology, run) {
      await options.onStart?.(run);
      const entries = Object.keys(topology).map((name) => [name, createCluster(name, options, run)]);
      const environment = {
        handles: Object.fromEntries(entries) as Environment<typeof topology>['handles'],
        findLeaks: () => options.leaks ?? [],
        findSecretAccessKey: () => undefined,
        async [Symbol.asyncDispose]() {
          await options.onStop?.(run);
        },
      };
      return environment;
    },
  };
}

function createCluster(name: string, options: FakeBackendOptions, run: RunContext): KubeCluster {
  const start = run.clock.now();
  let calls = 0;

  async function request(method: string, path: string): Promise<CallResult> {
    const answer = options.answer?.(path, run.clock.now() - start) ?? { status: 200 };
    if (answer.afterMs !== undefined) await run.clock.sleep(answer.afterMs);
    const { status, headers = [], body = '' } = answer;
    const callId = ++calls;
    run.timeline.emit({
      type: 'call',
      source: 'machine',
      call: callId,
      request: { method, target: path, httpVersion: '1.1', headers: ['Host', 'example.com'] },
      to: '127.0.0.1:9080',
      response: { status, headers },
    });
    return createResult({ callId, method, path, status, headers, body: Buffer.from(body) });
  }

  const forward: Pick<Forward, 'get' | 'request' | 'hostPort'> = {
    hostPort: 9080,
    get: (path) => request('GET', path),
    request,
  };
  return { name, portForward: async () => forward as Forward } as Partial<KubeCluster> as KubeCluster;
}

export function createResult(
  parts: Omit<CallResult, 'text' | 'json' | 'durationMs'> & { readonly durationMs?: number },
): CallResult {
  return {
    durationMs: 0,
    ...parts,
    text: () => parts.body.toString(),
    json: () => JSON.parse(parts.body.toString()) as unknown,
  };
}
