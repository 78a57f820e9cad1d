import type { MockAws } from '#mock-aws/server.ts';
import type { AwsDescription } from '../../topology.ts';

const DEFAULT_AUDIENCE = 'sts.amazonaws.com';
/** What a role may do that says nothing of it. */
const MAY_INVOKE = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' }],
};

/** Creates what the description names beside users: roles, token issuers that are trusted, and who is given which role. */
export function createIdentities(description: AwsDescription, { iam, metadata, container }: MockAws): void {
  const { roles = {}, oidcProviders = [], instance, podIdentities = [], taskRoles = {} } = description;
  for (const [roleName, { trustPolicy, policy = MAY_INVOKE, maxSessionSeconds }] of Object.entries(roles)) {
    iam.roles.createRole({
      roleName,
      trustPolicy,
      policies: { own: policy },
      ...(maxSessionSeconds !== undefined && { maxSessionSeconds }),
    });
  }
  for (const { url, clientIds = [DEFAULT_AUDIENCE] } of oidcProviders) iam.oidcProviders.create({ url, clientIds });
  if (instance !== undefined) metadata.configure(instance);
  for (const [id, role] of Object.entries(taskRoles)) container.addTask(role, { id });
  for (const association of podIdentities) container.associate(association);
}
