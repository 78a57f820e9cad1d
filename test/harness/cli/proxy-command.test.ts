import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runInProcess, startMeshrig } from './support.ts';

const BOOTSTRAP = `admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  listeners:
    - name: in
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: in
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ['*']
                      routes:
                        - match: { path: /hello }
                          direct_response: { status: 200, body: { inline_string: hello } }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'meshrig-'))));
afterAll(() => rm(folder, { recursive: true }));

async function write(text: string): Promise<string> {
  const file = join(folder, 'bootstrap.yaml');
  await writeFile(file, text);
  return file;
}

test('serves what a bootstrap says, and drains on SIGTERM', async () => {
  const { child, ended, output } = startMeshrig(['proxy', '--bootstrap', await write(BOOTSTRAP)]);
  await new Promise<void>((resolve) => {
    child.stdout.on('data', () => {
      if (output.stdout.endsWith('ready\n')) resolve();
    });
  });
  const [, admin = '', listener = ''] = /^admin (\S+)\nlistener (\S+) in\nready\n$/.exec(output.stdout) ?? [];
  const answer = await fetch(`http://${listener}/hello`);
  expect({ status: answer.status, server: answer.headers.get('server'), body: await answer.text() }).toEqual({
    status: 200,
    server: 'envoy',
    body: 'hello',
  });
  expect(await (await fetch(`${admin}/ready`)).text()).toBe('LIVE\n');
  expect(await (await fetch(`${admin}/listeners`)).text()).toBe(`in::${listener}\n`);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 143 });
});

const testMistake = (name: string, change: (text: string) => string, place: string, text: string) =>
  test(`refuses ${name}, exit 3`, async () => {
    const file = await write(change(BOOTSTRAP));
    const { code, stderr } = await runInProcess('proxy', '--bootstrap', file);
    expect(stderr).toMatch(`${file}:${place}  ${text}`);
    expect(code).toBe(3);
  });

testMistake(
  'a field that does not exist',
  (text) => text.replace('route_config:', 'route_confg:'),
  '12:17',
  'unknown field "route_confg" in envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, did you mean "route_config"?',
);
testMistake(
  'a type that does not exist',
  (text) => text.replace('v3.Router ', 'v3.Rooter '),
  '21:46',
  'unknown type "type.googleapis.com/envoy.extensions.filters.http.router.v3.Rooter"',
);
testMistake('YAML that is none', (text) => `${text}  ]`, '22:3', 'Unexpected flow-seq-end token in YAML stream');
testMistake(
  'a listener that cannot be served',
  (text) => text.replace(/http_filters:[^]*/, ''),
  '4:7',
  'http_filters: the chain needs a terminal filter',
);
testMistake(
  'an ADS source without a server',
  () => 'dynamic_resources:\n  cds_config: { ads: {} }\n',
  '2:3',
  'resources come from ADS, but there is no ads_config',
);

test('a duration that is none, exit 2', async () => {
  expect(await runInProcess('proxy', '--bootstrap', 'x', '--drain-time', 'soon')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching('"--drain-time": "soon" is no duration') as string,
  });
});
