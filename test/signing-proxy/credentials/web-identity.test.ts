import type { RequestListener } from 'node:http';
import { create } from '@bufbuild/protobuf';
import { afterEach, expect, test } from 'vitest';
import { envoy130 } from '#signing-proxy/dialects/envoy-1.30.ts';
import { envoy133 } from '#signing-proxy/dialects/envoy-1.33.ts';
import { envoy134 } from '#signing-proxy/dialects/envoy-1.34.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { AwsCredentialProviderSchema } from '#xds/generated/messages.js';
import {
  askNow,
  ASYNC_CLIENT,
  createCredentialWorld,
  createGrant,
  serveSts,
  STS_CLUSTER,
  type CredentialWorld,
} from '../support/credential-world.ts';

const TOKEN_FILE = '/var/run/secrets/eks.amazonaws.com/serviceaccount/token';
const ENVIRONMENT = {
  AWS_WEB_IDENTITY_TOKEN_FILE: TOKEN_FILE,
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/gateway',
  AWS_ROLE_SESSION_NAME: 'gateway',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const worlds: CredentialWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

function createWorld(dialect: Dialect = envoy134, files: Record<string, string> = { [TOKEN_FILE]: 'jwt-1\n' }) {
  const world = createCredentialWorld({ dialect, environment: ENVIRONMENT, files, runtimeFlags: ASYNC_CLIENT });
  worlds.push(world);
  return world;
}

/** Grants a session of so many seconds to each question, later than it came. */
async function serveGrants(
  { network, clock }: CredentialWorld,
  options: { lifeSeconds?: number; latencyMs?: number; fails?: (question: number) => boolean } = {},
) {
  let questions = 0;
  const answer: RequestListener = (_, response) => {
    const question = ++questions;
    const expiration =
      options.lifeSeconds === undefined ? undefined : Math.floor(clock.now() / 1000) + options.lifeSeconds;
    const { text } = createGrant('AssumeRoleWithWebIdentity', question, expiration);
    void clock.sleep(options.latencyMs ?? 0).then(() => {
      if (options.fails?.(question) === true) response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      else response.end(text);
    });
  };
  return await serveSts(network, answer);
}

const idOf = (question: number) => `ASIAASSUMEROLEWITHWEBIDENTITY${question}`;

test('asks STS over TLS with what the pod was given, and says so as Envoy does', async () => {
  const world = createWorld();
  const asked = await serveGrants(world, { lifeSeconds: 3600 });
  expect(await world.find().getCredentials()).toMatchObject({ accessKeyId: idOf(1) });
  expect(asked).toEqual([
    '/?Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=gateway&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fgateway&WebIdentityToken=jwt-1',
  ]);
  expect(world.aws()).toEqual(
    expect.arrayContaining([
      'Getting AWS web identity credentials from STS: sts.us-east-1.amazonaws.com:443',
      `Received the following AWS credentials from STS: AWS_ACCESS_KEY_ID=${idOf(1)}, AWS_SECRET_ACCESS_KEY=*****, AWS_SESSION_TOKEN=*****`,
      'AWS STS credentials expiration time (unix timestamp): 1767229200',
    ]),
  );
  expect(world.events().at(0)).toMatchObject({
    provider: 'web-identity',
    outcome: 'found',
    accessKeyId: idOf(1),
    expiresAt: 1_767_229_200_000,
  });
  expect(world.clusters.find(STS_CLUSTER)).toBeDefined();
  expect(world.told()).not.toMatch(/jwt-1|secret-of|token-of/);
});

test('is no part of the chain without the asynchronous client', async () => {
  const world = createCredentialWorld({ dialect: envoy130, environment: ENVIRONMENT });
  worlds.push(world);
  expect(await world.find().getCredentials()).toBeUndefined();
  expect(world.clusters.find(STS_CLUSTER)).toBeUndefined();
});

test('B29: requests before the first answer go unsigned until 1.33 and wait from 1.34 on', async () => {
  const before = createWorld(envoy133);
  await serveGrants(before, { lifeSeconds: 3600, latencyMs: 800 });
  const unsigned = before.find();
  expect(await askNow(unsigned, before)).toBeUndefined();
  await before.clock.sleep(900);
  expect(await askNow(unsigned, before)).toMatchObject({ accessKeyId: idOf(1) });

  const later = createWorld(envoy134);
  await serveGrants(later, { lifeSeconds: 3600, latencyMs: 800 });
  const startedAt = later.clock.now();
  expect(await later.find().getCredentials()).toMatchObject({ accessKeyId: idOf(1) });
  expect(later.clock.now() - startedAt).toBe(801);
});

test('B33: reads the token again for each session', async () => {
  const world = createWorld();
  const asked = await serveGrants(world, { lifeSeconds: 900 });
  const chain = world.find();
  await chain.getCredentials();
  world.files.write(TOKEN_FILE, 'jwt-2');
  await world.clock.sleep(900_000);
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: idOf(2) });
  expect(asked[1]).toMatch(/WebIdentityToken=jwt-2$/);
});

test('B39: signs with lapsed keys while the next session is fetched, at the moment of expiry', async () => {
  const world = createWorld(envoy133);
  await serveGrants(world, { lifeSeconds: 900, latencyMs: 800 });
  const chain = world.find();
  const expiresAt = world.clock.now() + 900_000;
  await world.clock.sleep(900_000 - 1);
  expect(await askNow(chain, world)).toMatchObject({ accessKeyId: idOf(1) });
  // The timer runs for whole seconds from when the answer came, 801 ms after the start: until 899.8 s.
  await world.clock.sleep(expiresAt + 300 - world.clock.now());
  expect(await askNow(chain, world)).toMatchObject({ accessKeyId: idOf(1) });
  await world.clock.sleep(1_000);
  expect(await askNow(chain, world)).toMatchObject({ accessKeyId: idOf(2) });
});

test('B30: one refused refresh leaves requests unsigned for 3595 s', async () => {
  const world = createWorld();
  await serveGrants(world, { lifeSeconds: 900, fails: (question) => question === 2 });
  const chain = world.find();
  await chain.getCredentials();
  await world.clock.sleep(900_000);
  expect(await chain.getCredentials()).toBeUndefined();
  expect(world.aws()).toContain('Error retrieving credentials, settings anonymous credentials');
  expect(world.events().at(-2)).toMatchObject({ provider: 'web-identity', outcome: 'failed', reason: 'Network' });
  await world.clock.sleep(3_590_000);
  expect(await chain.getCredentials()).toBeUndefined();
  await world.clock.sleep(10_000);
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: idOf(3) });
});

test('tries a first fetch again after 2, 4, 8, 16, 32 and 32 s', async () => {
  const world = createWorld();
  const startedAt = world.clock.now();
  const times: number[] = [];
  await serveSts(world.network, (_, response) => {
    times.push(Math.floor((world.clock.now() - startedAt) / 1000));
    response.writeHead(400).end('no');
  });
  const chain = world.find();
  expect(await chain.getCredentials()).toBeUndefined();
  await world.clock.sleep(100_000);
  expect(times).toEqual([0, 2, 6, 14, 30, 62, 94]);
  expect(world.aws()).toContain(
    `onSuccess: fetch AWS Metadata [cluster = ${STS_CLUSTER}]: response status code 400, body: no`,
  );
  expect(world.aws()).toContain('AWS metadata fetch failure: Network');
  expect(world.stat('credential_refreshes_failed')).toBe(7);
  expect(world.stat('metadata_refresh_state')).toBe(0);
});

test('repeats a request that fails with 500 three times', async () => {
  const world = createWorld();
  const asked = await serveSts(world.network, (_, response) => {
    response.writeHead(500).end();
  });
  expect(await world.find().getCredentials()).toBeUndefined();
  expect(asked).toHaveLength(4);
});

test('gives up after 5 s, a second for each try that brings nothing', async () => {
  const world = createWorld();
  const asked = await serveSts(world.network, () => {});
  const startedAt = world.clock.now();
  expect(await world.find().getCredentials()).toBeUndefined();
  expect(asked).toHaveLength(4);
  expect(Math.floor((world.clock.now() - startedAt) / 1000)).toBe(4);
});

test('gives up after 5 s where nothing answers a connection', async () => {
  const world = createWorld();
  world.network.addName('east', 'sts.us-east-1.amazonaws.com', ['203.0.113.1']);
  const startedAt = world.clock.now();
  expect(await world.find().getCredentials()).toBeUndefined();
  expect(Math.ceil((world.clock.now() - startedAt) / 1000)).toBe(6);
});

const testMalformed = (name: string, body: string | Buffer, line: string) =>
  test(`an answer that is ${name} is an error in the log, and the next fetch comes`, async () => {
    const world = createWorld();
    const asked = await serveSts(world.network, (_, response) => response.end(body));
    expect(await world.find().getCredentials()).toBeUndefined();
    expect(world.aws()).toContain(line);
    await world.clock.sleep(2_100);
    expect(asked).toHaveLength(2);
    expect(world.told()).not.toContain('hush');
  });

testMalformed('empty', '', 'AWS metadata fetch failure: InvalidMetadata');
testMalformed('too large', Buffer.alloc(2_000_000, 'hush'), 'AWS metadata fetch failure: Network');
testMalformed('of another kind', '{"Token":"hush"}', 'AWS STS credentials document is empty');
testMalformed(
  'not JSON',
  '<html>hush</html>',
  'Could not parse AWS credentials document from STS: JSON supplied is not valid. Error: syntax error while parsing value',
);

test('says that nobody listens, and tries again', async () => {
  const world = createWorld();
  world.network.addHost('east', '203.0.113.1');
  world.network.addName('east', 'sts.us-east-1.amazonaws.com', ['203.0.113.1']);
  expect(await world.find().getCredentials()).toBeUndefined();
  const line = world.aws().find((text) => text.includes('response status code 503'));
  expect(line).toContain(
    'upstream connect error or disconnect/reset before headers. retried and the latest reset reason',
  );
  expect(world.events()[0]).toMatchObject({ provider: 'web-identity', outcome: 'failed', reason: 'Network' });
});

async function refreshTimes(dialect: Dialect, expiration: string): Promise<string | undefined> {
  const world = createWorld(dialect);
  await serveSts(world.network, (_, response) => {
    response.end(
      createGrant('AssumeRoleWithWebIdentity', 1, 1).text.replace('"Expiration":1', `"Expiration":${expiration}`),
    );
  });
  world.find();
  await world.clock.sleep(100);
  return world.aws().findLast((line) => line.startsWith('Metadata fetcher setting'));
}

test('B26: an expiry in exponent form is not read until 1.31, and the keys count for an hour', async () => {
  // 2026-01-01T00:15:00Z
  expect(await refreshTimes(envoy130, '1.7672265E9')).toContain('3600s');
  expect(await refreshTimes(envoy134, '1.7672265E9')).toContain('899s');
  expect(await refreshTimes(envoy130, '1767226500')).toContain('899s');
});

test('B27: a complete list from CDS takes the cluster away, and refreshes with it, until that was prevented', async () => {
  const broken = createWorld(envoy130);
  await serveGrants(broken, { lifeSeconds: 900 });
  const chain = broken.find();
  await broken.clock.sleep(100);
  broken.internalClusters.onCompleteList();
  expect(broken.clusters.find(STS_CLUSTER)).toBeUndefined();
  await broken.clock.sleep(900_000);
  expect(broken.aws()).toContain(`fetch AWS Metadata failed: [cluster = ${STS_CLUSTER}] not found`);
  expect(broken.aws()).toContain('AWS metadata fetch failure: MissingConfig');
  expect(await askNow(chain, broken)).toMatchObject({ accessKeyId: idOf(1) });

  for (const dialect of [envoy133, envoy134]) {
    const mended = createWorld(dialect);
    await serveGrants(mended, { lifeSeconds: 900 });
    const renewed = mended.find();
    await mended.clock.sleep(100);
    mended.internalClusters.onCompleteList();
    await mended.clock.sleep(901_000);
    expect(await renewed.getCredentials()).toMatchObject({ accessKeyId: idOf(2) });
    expect(mended.stat('clusters_readded_after_cds')).toBe(dialect === envoy133 ? 1 : 0);
  }
});

test('says that there is no token, and looks again', async () => {
  const world = createWorld(envoy134, {});
  await serveGrants(world, { lifeSeconds: 900 });
  const chain = world.find();
  expect(await chain.getCredentials()).toBeUndefined();
  expect(world.aws()).toContain(`Unable to read AWS web identity credentials from ${TOKEN_FILE}`);
  world.files.write(TOKEN_FILE, 'jwt-late');
  await world.clock.sleep(2_100);
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: idOf(1) });
});

test('ends with the proxy and leaves no timer', async () => {
  const world = createWorld();
  await serveGrants(world, { lifeSeconds: 900, latencyMs: 800 });
  const waiting = world.find().getCredentials();
  await world.clock.sleep(500);
  world.stop();
  expect(await waiting).toBeUndefined();
  await world.clusters[Symbol.asyncDispose]();
  await world.clock.sleep(1_000);
  expect(world.clock.pendingTimers()).toBe(0);
});

test('the configuration may name the role and the token', async () => {
  const world = createWorld();
  const asked = await serveGrants(world, { lifeSeconds: 900 });
  const chain = world.find({
    provider: create(AwsCredentialProviderSchema, {
      assumeRoleWithWebIdentityProvider: {
        roleArn: 'arn:aws:iam::1:role/other',
        roleSessionName: 'me',
        webIdentityTokenDataSource: { specifier: { case: 'inlineString', value: 'jwt-inline' } },
      },
    }),
  });
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: idOf(1) });
  expect(asked[0]).toMatch(
    /RoleSessionName=me&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fother&WebIdentityToken=jwt-inline$/,
  );
});
