import { once } from 'node:events';
import { connect } from 'node:http2';
import { Pool } from 'undici';
import { stayAwake } from './stay-awake.ts';

export const TRANSPORTS = ['HTTP/1.1', 'TLS', 'HTTP/2'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A client that keeps its connections between measurements. */
export interface Load extends AsyncDisposable {
  /** Sends so many requests, a few at a time. Rejects when one is not answered with 200. */
  run(count: number): Promise<void>;
}

const CONNECTIONS = 8;
const PATH = '/cat?color=black';
const BODY = JSON.stringify({ fill: 'x'.repeat(245) });
/** As many as curl behind a port-forward sends, and what it is about. */
const HEADERS = {
  'content-type': 'application/json',
  accept: '*/*',
  'user-agent': 'curl/7.79.1',
};

export function openLoad(transport: Transport, port: number): Load {
  return transport === 'HTTP/2' ? openHttp2Load(port) : openHttp1Load(transport, port);
}

function openHttp1Load(transport: Transport, port: number): Load {
  const scheme = transport === 'TLS' ? 'https' : 'http';
  const pool = new Pool(`${scheme}://127.0.0.1:${port}`, {
    connections: CONNECTIONS,
    connect: { rejectUnauthorized: false },
  });
  return {
    run: (count) =>
      runWorkers(count, async () => {
        const answer = await pool.request({ method: 'POST', path: PATH, headers: HEADERS, body: BODY });
        if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}: ${await answer.body.text()}`);
        await answer.body.dump();
      }),
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

function openHttp2Load(port: number): Load {
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://127.0.0.1:${port}`));
  return {
    run: (count) =>
      runWorkers(count, async (worker) => {
        const stream = sessions[worker]?.request({ ':method': 'POST', ':path': PATH, ...HEADERS });
        if (stream === undefined) return;
        stream.end(BODY);
        const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }];
        if (headers[':status'] !== 200) throw new Error(`status ${headers[':status']}`);
        stream.resume();
        await once(stream, 'end');
      }),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
    },
  };
}

async function runWorkers(count: number, send: (worker: number) => Promise<void>): Promise<void> {
  let left = count;
  const work = async (_: unknown, worker: number) => {
    while (left-- > 0) await send(worker);
  };
  await stayAwake(Promise.all(Array.from({ length: CONNECTIONS }, work)));
}
