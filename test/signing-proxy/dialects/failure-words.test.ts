import { expect, test } from 'vitest';
import { findDialect } from '#signing-proxy/dialects/find-dialect.ts';
import { APP } from '../support/http-app.ts';
import { staticCluster, upstreamTls } from '../support/resources.ts';
import { createUpstreamWorld, send, type UpstreamWorld } from '../support/upstream-world.ts';

const WHY = 'certificate has expired';
const LINE = '268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED';

interface Words {
  readonly refused: string;
  readonly timedOut: string;
  readonly handshake: string;
}

/** How one release words a refused connect, a black hole and a missing secret. */
const testWords = (name: string, expected: Words, verifyFailed: string) =>
  test(`words failures as ${name} does`, async () => {
    const dialect = findDialect(name);
    if (dialect === undefined) throw new Error(`no dialect ${name}`);
    await using world = createUpstreamWorld(undefined, { dialect });
    const blackHole = await failureOf(world, staticCluster('far', '10.9.9.9', 80));
    world.network.addHost('east', APP.host);
    const refused = await failureOf(world, staticCluster('app', APP.host, APP.port));
    expect({ refused, timedOut: blackHole, handshake: dialect.failures.handshake.reason }).toEqual(expected);
    expect(dialect.failures.describeTls(LINE, WHY)).toBe(verifyFailed);
  });

async function failureOf(world: UpstreamWorld, config: object): Promise<string> {
  return await send(world.start(config)).then(
    () => 'no failure',
    (error: Error) => error.message,
  );
}

const FAILURE = 'connection failure';
testWords('envoy-1.19', { refused: FAILURE, timedOut: FAILURE, handshake: FAILURE }, `TLS error: ${LINE}`);
testWords(
  'envoy-1.25',
  {
    refused: `${FAILURE}, transport failure reason: delayed connect error: 111`,
    timedOut: FAILURE,
    handshake: FAILURE,
  },
  `TLS error: ${LINE}`,
);
const LATER = {
  refused: 'remote connection failure, transport failure reason: delayed connect error: 111',
  timedOut: 'connection timeout',
  handshake: 'remote connection failure',
};
testWords('envoy-1.29', LATER, `TLS error: ${LINE}`);
testWords('envoy-1.30', LATER, `TLS_error:|${LINE}:${WHY}:TLS_error_end`);

test('names a secret that has not come', async () => {
  await using world = createUpstreamWorld();
  const tlsCertificateSdsSecretConfigs = [{ name: 'missing', sdsConfig: { ads: {}, initialFetchTimeout: '0s' } }];
  const transportSocket = upstreamTls({ tlsCertificateSdsSecretConfigs });
  expect(await failureOf(world, staticCluster('app', APP.host, APP.port, { transportSocket }))).toBe(
    'connection failure, transport failure reason: TLS error: Secret is not supplied by SDS',
  );
});
