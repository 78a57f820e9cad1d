import type {
  CreatePolicyRequest,
  CreatePolicyResponse,
  DeletePolicyRequest,
  GetPolicyRequest,
  GetPolicyResponse,
  Policy,
} from '@aws-sdk/client-iam';
import { policyNotAttachable } from './iam-errors.ts';
import type { IamStore } from './iam-store.ts';
import type { ManagedPolicy } from './managed-policy-store.ts';
import { toDate } from './to-date.ts';

/** IAM's operations on managed policies, which have one version here (aws.md 4.2). */
export function createPolicyOperations({ managedPolicies, roles }: IamStore) {
  const describe = (policy: ManagedPolicy): Policy => ({
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: 'v1',
    AttachmentCount: roles.listRoles().filter(({ attachedPolicies }) => attachedPolicies.has(policy.arn)).length,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: toDate(policy.createdAt),
    UpdateDate: toDate(policy.createdAt),
  });

  return {
    CreatePolicy(input: CreatePolicyRequest): CreatePolicyResponse {
      return {
        Policy: describe(managedPolicies.create(input.PolicyName ?? '', input.PolicyDocument ?? '', input.Path)),
      };
    },

    GetPolicy(input: GetPolicyRequest): GetPolicyResponse {
      const policy = managedPolicies.find(input.PolicyArn ?? '');
      if (policy === undefined) throw policyNotAttachable(input.PolicyArn ?? '');
      return { Policy: describe(policy) };
    },

    DeletePolicy(input: DeletePolicyRequest): object {
      managedPolicies.delete(input.PolicyArn ?? '', roles.listRoles());
      return {};
    },
  };
}
