import { afterEach, expect, test } from 'vitest';
import { envoy119 } from '#signing-proxy/dialects/envoy-1.19.ts';
import { envoy125 } from '#signing-proxy/dialects/envoy-1.25.ts';
import type { Dialect } from '#signing-proxy/dialects/types.ts';
import { createCredentialWorld, serve, type CredentialWorld } from '../support/credential-world.ts';
import { logTexts } from '../support/proxy-context.ts';
import { METADATA_ADDRESS } from '#signing-proxy/credentials/instance-metadata.ts';
import type { MemoryNetwork } from '#core/memory-network.ts';

const worlds: CredentialWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

function createChain(environment: Record<string, string>, dialect: Dialect = envoy119) {
  const world = createCredentialWorld({ environment, dialect });
  worlds.push(world);
  return { ...world, chain: world.find() };
}

/** Serves the metadata paths given; others are 404. */
async function serveMetadata(network: MemoryNetwork, documents: Record<string, string>) {
  const asked: string[] = [];
  await serve(network, METADATA_ADDRESS, (request, response) => {
    asked.push(request.url ?? '');
    const token = request.headers['x-aws-ec2-metadata-token'];
    if (token !== undefined) asked.push(String(token));
    const document = documents[request.url ?? ''];
    response.writeHead(document === undefined ? 404 : 200).end(document);
  });
  return asked;
}

const ROLE_PATH = '/latest/meta-data/iam/security-credentials';
const DOCUMENT = JSON.stringify({ AccessKeyId: 'ASIAROLE', SecretAccessKey: 'role-secret', Token: 'role-token' });

test('takes a pair from the environment and logs it as Envoy does', async () => {
  const { chain, aws, context } = createChain({ AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'hidden-secret' });
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'AKIA1', secretAccessKey: 'hidden-secret' });
  expect(aws()).toEqual([
    'Getting AWS credentials from the environment',
    'Found following AWS credentials in the environment: AWS_ACCESS_KEY_ID=AKIA1, AWS_SECRET_ACCESS_KEY=*****, AWS_SESSION_TOKEN=',
  ]);
  expect(JSON.stringify(context.timeline.events())).not.toContain('hidden-secret');
});

test('the environment is that of the process start', async () => {
  const environment: Record<string, string> = {
    AWS_ACCESS_KEY_ID: 'AKIA1',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_SESSION_TOKEN: 't',
  };
  const { chain } = createChain(environment);
  environment['AWS_ACCESS_KEY_ID'] = 'AKIA2';
  expect(await chain.getCredentials()).toEqual({ accessKeyId: 'AKIA1', secretAccessKey: 's', sessionToken: 't' });
});

test('half a pair counts as none', async () => {
  const { chain, aws } = createChain({ AWS_ACCESS_KEY_ID: 'AKIA1', AWS_EC2_METADATA_DISABLED: 'true' });
  expect(await chain.getCredentials()).toBeUndefined();
  expect(aws().at(-1)).toBe('No AWS credentials found, using anonymous credentials');
});

test('gives up on metadata that never answers after 24 s, with the lines of seed 000', async () => {
  const { chain, aws, context } = createChain({});
  const startedAt = context.clock.now();
  expect(await chain.getCredentials()).toBeUndefined();
  expect(context.clock.now() - startedAt).toBe(24_000);
  expect(aws()).toEqual([
    'Getting AWS credentials from the environment',
    'Getting AWS credentials from the instance metadata',
    'Could not retrieve credentials listing from the instance metadata',
    'No AWS credentials found, using anonymous credentials',
  ]);
  expect(logTexts(context, 'misc')).toEqual(
    Array.from({ length: 4 }, () => 'Could not fetch AWS metadata: Timeout was reached'),
  );
});

test('asks metadata again for every request as long as it fails, one request at a time', async () => {
  const { chain, context } = createChain({});
  const startedAt = context.clock.now();
  await Promise.all([chain.getCredentials(), chain.getCredentials()]);
  expect(context.clock.now() - startedAt).toBe(48_000);
});

test('ends a fetch with the process, and leaves no timer', async () => {
  const { chain, context, stop, aws } = createChain({});
  const credentials = chain.getCredentials();
  await context.clock.sleep(7_000);
  stop();
  expect(await credentials).toBeUndefined();
  expect(context.clock.pendingTimers()).toBe(0);
  expect(aws()).not.toContain('Could not retrieve credentials listing from the instance metadata');
});

test('asks no metadata when it is switched off', async () => {
  const { chain, aws } = createChain({ AWS_EC2_METADATA_DISABLED: 'true' });
  expect(await chain.getCredentials()).toBeUndefined();
  expect(aws()).not.toContain('Getting AWS credentials from the instance metadata');
});

test('takes the keys of the instance and keeps them for an hour', async () => {
  const { chain, context, network } = createChain({});
  const asked = await serveMetadata(network, { [ROLE_PATH]: 'my-role\nother', [`${ROLE_PATH}/my-role`]: DOCUMENT });
  expect(await chain.getCredentials()).toEqual({
    accessKeyId: 'ASIAROLE',
    secretAccessKey: 'role-secret',
    sessionToken: 'role-token',
  });
  await chain.getCredentials();
  expect(asked).toEqual([ROLE_PATH, `${ROLE_PATH}/my-role`]);
  await context.clock.sleep(3_600_001);
  await chain.getCredentials();
  expect(asked).toHaveLength(4);
  expect(JSON.stringify(context.timeline.events())).not.toMatch(/role-secret|role-token/);
});

const testBadMetadata = (name: string, documents: Record<string, string>, line: RegExp) =>
  test(`metadata: ${name}`, async () => {
    const { chain, aws, network } = createChain({});
    await serveMetadata(network, documents);
    expect(await chain.getCredentials()).toBeUndefined();
    expect(aws().filter((text) => line.test(text))).toHaveLength(1);
  });

testBadMetadata('no such path', {}, /^Could not retrieve credentials listing from the instance metadata$/);
testBadMetadata('no role', { [ROLE_PATH]: '\n' }, /^No AWS credentials were found in the instance metadata$/);
testBadMetadata(
  'no document',
  { [ROLE_PATH]: 'r' },
  /^Could not load AWS credentials document from the instance metadata$/,
);
testBadMetadata(
  'not JSON',
  { [ROLE_PATH]: 'r', [`${ROLE_PATH}/r`]: '<html>' },
  /^Could not parse AWS credentials document from the instance metadata: /,
);
testBadMetadata(
  'no keys',
  { [ROLE_PATH]: 'r', [`${ROLE_PATH}/r`]: '{"Code":"Failed"}' },
  /^Found following AWS credentials in the instance metadata: AccessKeyId=, /,
);

test('tells the timeline when the outcome changes, not on every request', async () => {
  const { chain, events } = createChain({ AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's' });
  await chain.getCredentials();
  await chain.getCredentials();
  expect(events()).toMatchObject([{ provider: 'environment', outcome: 'found', accessKeyId: 'AKIA1' }]);
});

test('shows a token to the metadata service where the dialect knows version 2', async () => {
  const { chain, network, aws } = createChain({}, envoy125);
  const asked = await serveMetadata(network, {
    '/latest/api/token': 'a-token',
    [ROLE_PATH]: 'role\n',
    [`${ROLE_PATH}/role`]: DOCUMENT,
  });
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'ASIAROLE' });
  expect(asked).toEqual(['/latest/api/token', ROLE_PATH, 'a-token', `${ROLE_PATH}/role`, 'a-token']);
  expect(aws()).toContain('Getting AWS credentials from the EC2MetadataService');
});

test('goes on without a token when there is none', async () => {
  const { chain, network, aws } = createChain({}, envoy125);
  await serveMetadata(network, { [ROLE_PATH]: 'role', [`${ROLE_PATH}/role`]: DOCUMENT });
  expect(await chain.getCredentials()).toMatchObject({ accessKeyId: 'ASIAROLE' });
  expect(aws()).toContain('Failed to get token from EC2MetadataService, falling back to less secure way');
});
