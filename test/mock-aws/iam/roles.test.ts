import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { startMockAwsWorld, type MockAwsWorld } from '#test/support/mock-aws-world.ts';

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const PERMISSIONS = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Sid: "it's (mine)!", Effect: 'Allow', Action: 'lambda:*', Resource: '*' }],
});
const ISSUER = 'https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE';

async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

const createRole = ({ iam }: MockAwsWorld, document = TRUST) =>
  iam.send(new CreateRoleCommand({ RoleName: 'gateway', AssumeRolePolicyDocument: document, Path: '/mesh/' }));

test('a role is created, shown and listed', async () => {
  await using world = await startMockAwsWorld();
  const { Role: created } = await createRole(world);
  expect(created).toMatchObject({ RoleName: 'gateway', Arn: 'arn:aws:iam::123456789012:role/mesh/gateway' });
  expect(created?.MaxSessionDuration).toBeUndefined();
  const { Role: shown } = await world.iam.send(new GetRoleCommand({ RoleName: 'gateway' }));
  expect(shown?.MaxSessionDuration).toBe(3600);
  expect(decodeURIComponent(shown?.AssumeRolePolicyDocument ?? '')).toBe(TRUST);
  const { Roles: listed } = await world.iam.send(new ListRolesCommand({ PathPrefix: '/mesh/' }));
  expect(listed?.map(({ RoleName }) => RoleName)).toEqual(['gateway']);
});

test('inline policies come back as they were sent', async () => {
  await using world = await startMockAwsWorld();
  await createRole(world);
  const policy = { RoleName: 'gateway', PolicyName: 'invoke' };
  await world.iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: PERMISSIONS }));
  const { PolicyDocument: document = '' } = await world.iam.send(new GetRolePolicyCommand(policy));
  expect(decodeURIComponent(document)).toBe(PERMISSIONS);
  expect(document).not.toMatch(/[!'()]/);
  const { PolicyNames: names } = await world.iam.send(new ListRolePoliciesCommand({ RoleName: 'gateway' }));
  expect(names).toEqual(['invoke']);
});

test('managed policies are attached and detached before the role goes', async () => {
  await using world = await startMockAwsWorld();
  await createRole(world);
  const { Policy: policy } = await world.iam.send(
    new CreatePolicyCommand({ PolicyName: 'invoke', PolicyDocument: PERMISSIONS }),
  );
  const attachment = { RoleName: 'gateway', PolicyArn: policy?.Arn ?? '' };
  await world.iam.send(new AttachRolePolicyCommand(attachment));
  const { AttachedPolicies: attached } = await world.iam.send(
    new ListAttachedRolePoliciesCommand({ RoleName: 'gateway' }),
  );
  expect(attached).toEqual([{ PolicyName: 'invoke', PolicyArn: 'arn:aws:iam::123456789012:policy/invoke' }]);
  expect(await refusalOf(world.iam.send(new DeleteRoleCommand({ RoleName: 'gateway' })))).toBe(
    'DeleteConflictException: Cannot delete entity, must detach all policies first.',
  );
  expect(await refusalOf(world.iam.send(new DeletePolicyCommand(attachment)))).toBe(
    'DeleteConflictException: Cannot delete a policy attached to entities.',
  );
  await world.iam.send(new DetachRolePolicyCommand(attachment));
  await world.iam.send(new DeleteRoleCommand({ RoleName: 'gateway' }));
  expect(await refusalOf(world.iam.send(new GetRoleCommand({ RoleName: 'gateway' })))).toBe(
    'NoSuchEntityException: The role with name gateway cannot be found.',
  );
});

test('an identity provider keeps its clients and thumbprints, and exists once', async () => {
  await using world = await startMockAwsWorld();
  const provider = { Url: ISSUER, ClientIDList: ['sts.amazonaws.com'], ThumbprintList: ['a'.repeat(40)] };
  const { OpenIDConnectProviderArn: arn = '' } = await world.iam.send(new CreateOpenIDConnectProviderCommand(provider));
  expect(arn).toBe(`arn:aws:iam::123456789012:oidc-provider/${ISSUER.slice(8)}`);
  const shown = await world.iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }));
  expect(shown).toMatchObject({ ...provider, Url: ISSUER.slice(8) });
  expect(await refusalOf(world.iam.send(new CreateOpenIDConnectProviderCommand(provider)))).toBe(
    `EntityAlreadyExistsException: Provider with url ${ISSUER} already exists.`,
  );
});

const testRefused = (name: string, call: (world: MockAwsWorld) => Promise<unknown>, expected: string) =>
  test(name, async () => {
    await using world = await startMockAwsWorld();
    expect(await refusalOf(call(world))).toBe(expected);
  });

testRefused(
  'a trust policy must be JSON',
  (world) => createRole(world, 'nonsense'),
  'MalformedPolicyDocumentException: This policy contains invalid Json',
);
testRefused(
  'a permission policy is no trust policy',
  (world) => createRole(world, PERMISSIONS),
  'MalformedPolicyDocumentException: Has prohibited field Resource',
);
testRefused(
  'a role exists once',
  async (world) => [await createRole(world), await createRole(world)],
  'EntityAlreadyExistsException: Role with name gateway already exists.',
);
testRefused(
  'a policy that is not there is not attachable',
  async (world) => [
    await createRole(world),
    await world.iam.send(
      new AttachRolePolicyCommand({ RoleName: 'gateway', PolicyArn: 'arn:aws:iam::aws:policy/None' }),
    ),
  ],
  'NoSuchEntityException: Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.',
);
testRefused(
  'an issuer is reached over https',
  ({ iam }) => iam.send(new CreateOpenIDConnectProviderCommand({ Url: 'http://issuer.example' })),
  'ValidationError: Invalid Open ID Connect Provider URL',
);
testRefused(
  "AWS's own policies stay",
  ({ iam }) => iam.send(new DeletePolicyCommand({ PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })),
  'AccessDenied: Cannot delete policies outside your own account.',
);

test('a session of a role does in IAM what its policies allow', async () => {
  await using world = await startMockAwsWorld();
  await createRole(world);
  const { roles } = world.aws.iam;
  const role = roles.getRole('gateway');
  const key = world.aws.iam.createRoleSession({ role, sessionName: 'envoy', lifetimeMs: 60_000 });
  const list = () => world.send({ service: 'iam', method: 'GET', path: '/?Action=ListRoles&Version=2010-05-08', key });
  expect((await list()).body).toContain(
    'User: arn:aws:sts::123456789012:assumed-role/gateway/envoy is not authorized to perform: iam:ListRoles on resource: * because no identity-based policy allows the iam:ListRoles action',
  );
  roles.putPolicy('gateway', 'list', PERMISSIONS.replace('lambda:*', 'iam:List*'));
  expect((await list()).status).toBe(200);
});

test('a changed trust policy counts at once', async () => {
  await using world = await startMockAwsWorld();
  await createRole(world);
  const changed = TRUST.replace('ec2', 'ecs-tasks');
  await world.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'gateway', PolicyDocument: changed }));
  expect(world.aws.iam.roles.getRole('gateway').trustPolicy.text).toBe(changed);
});
