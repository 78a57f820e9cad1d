import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { exportJWK, SignJWT } from 'jose';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createTimeline } from '#core/timeline.ts';
import { parseMockConfig } from '#mock-aws/config.ts';
import { startMockAwsServer, type MockAwsServer } from '#mock-aws/start-mock-aws-server.ts';

const ISSUER = 'https://issuer.example';
const POD_SUBJECT = 'system:serviceaccount:gateways:envoy';

const CONFIG = `
roles:
  - name: node
    trust: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { Service: [ec2.amazonaws.com, ecs-tasks.amazonaws.com, pods.eks.amazonaws.com] }, Action: 'sts:AssumeRole' }] }
    managedPolicies: ['arn:aws:iam::aws:policy/service-role/AWSLambdaRole']
  - name: pod
    trust: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/issuer.example' }, Action: 'sts:AssumeRoleWithWebIdentity' }] }
instance: { role: node, tokens: required }
tasks: [{ id: web, role: node }]
podIdentities: [{ issuer: '${ISSUER}', namespace: gateways, serviceAccount: envoy, role: node }]
oidcProviders: [{ url: '${ISSUER}', clientIds: [sts.amazonaws.com] }]
`;

const KEYS = generateKeyPairSync('ec', { namedCurve: 'P-256' });

async function start(): Promise<MockAwsServer> {
  const clock = createRealClock();
  const config = { file: 'aws.yaml', values: parseMockConfig(CONFIG, 'aws.yaml') };
  const random = createRandom('default chain');
  const server = await startMockAwsServer({ clock, random, timeline: createTimeline(clock), config });
  server.aws.sts.giveIssuerKeys(ISSUER, [{ ...(await exportJWK(KEYS.publicKey)) }]);
  return server;
}

const FOLDER = mkdtempSync(join(tmpdir(), 'meshrig-tokens-'));

async function writeToken(audience: string): Promise<string> {
  const token = new SignJWT({ aud: [audience], sub: POD_SUBJECT, iss: ISSUER }).setIssuedAt().setExpirationTime('1h');
  const file = join(FOLDER, audience);
  writeFileSync(file, await token.setProtectedHeader({ alg: 'ES256' }).sign(KEYS.privateKey));
  return file;
}

/** A client that finds its credentials by itself, as one in a pod does. */
async function findIdentity({ url }: MockAwsServer, variables: Record<string, string>): Promise<string | undefined> {
  const nothing = join(FOLDER, 'nothing');
  const common = {
    AWS_ACCESS_KEY_ID: '',
    AWS_SHARED_CREDENTIALS_FILE: nothing,
    AWS_CONFIG_FILE: nothing,
    AWS_REGION: 'us-east-1',
  };
  for (const [name, value] of Object.entries({ ...common, ...variables })) vi.stubEnv(name, value);
  const client = new STSClient({ endpoint: url, maxAttempts: 1 });
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Arn;
  } finally {
    client.destroy();
  }
}

afterEach(() => void vi.unstubAllEnvs());
afterAll(() => rmSync(FOLDER, { recursive: true }));

const testSource = (name: string, variables: (url: string) => Promise<Record<string, string>>, session: RegExp) =>
  test(name, async () => {
    await using server = await start();
    expect(await findIdentity(server, await variables(server.url))).toMatch(session);
  });

testSource(
  'a client on an instance finds its role by a metadata token',
  async (url) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }),
  /assumed-role\/node\/i-0/,
);
testSource(
  'a client in a task finds its role by its path',
  async (url) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v2/credentials/web` }),
  /assumed-role\/node\/[0-9a-f]{32}$/,
);
testSource(
  'a client in a pod with an association finds its role by its token',
  async (url) => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await writeToken('pods.eks.amazonaws.com'),
  }),
  /assumed-role\/node\/eks-envoy-/,
);
testSource(
  'a client in a pod with a web identity finds its role by its token',
  async (url) => ({
    AWS_ENDPOINT_URL_STS: url,
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/pod',
    AWS_ROLE_SESSION_NAME: 'envoy',
    AWS_WEB_IDENTITY_TOKEN_FILE: await writeToken('sts.amazonaws.com'),
  }),
  /assumed-role\/pod\/envoy$/,
);
