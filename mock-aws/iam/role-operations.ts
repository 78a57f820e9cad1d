import type {
  AttachRolePolicyRequest,
  CreateRoleRequest,
  CreateRoleResponse,
  DeleteRolePolicyRequest,
  DeleteRoleRequest,
  DetachRolePolicyRequest,
  GetRolePolicyRequest,
  GetRolePolicyResponse,
  GetRoleRequest,
  GetRoleResponse,
  ListAttachedRolePoliciesRequest,
  ListAttachedRolePoliciesResponse,
  ListRolePoliciesRequest,
  ListRolePoliciesResponse,
  ListRolesRequest,
  ListRolesResponse,
  PutRolePolicyRequest,
  Role,
  UpdateAssumeRolePolicyRequest,
  UpdateRoleRequest,
} from '@aws-sdk/client-iam';
import { checkName, constraintFailed } from './check-member.ts';
import { encodeDocument } from './encode-document.ts';
import type { IamStore } from './iam-store.ts';
import { paginate } from './paginate.ts';
import type { IamRole } from './role-store.ts';
import { toDate } from './to-date.ts';

const MIN_SESSION_SECONDS = 3600;
const MAX_SESSION_SECONDS = 43_200;

/** IAM's operations on roles and their policies (aws.md 4.2). */
export function createRoleOperations({ roles }: IamStore) {
  return {
    CreateRole(input: CreateRoleRequest): CreateRoleResponse {
      const { Path: path, Description: description } = input;
      const maxSessionSeconds = checkSessionSeconds(input.MaxSessionDuration);
      const role = roles.createRole({
        roleName: checkName('roleName', input.RoleName),
        trustPolicy: input.AssumeRolePolicyDocument ?? '',
        ...(path !== undefined && { path }),
        ...(description !== undefined && { description }),
        ...(maxSessionSeconds !== undefined && { maxSessionSeconds }),
      });
      return { Role: describeRole(role) };
    },

    GetRole(input: GetRoleRequest): GetRoleResponse {
      return { Role: describeShownRole(roles.getRole(input.RoleName ?? '')) };
    },

    ListRoles(input: ListRolesRequest): ListRolesResponse {
      const prefix = input.PathPrefix ?? '/';
      const { items, ...page } = paginate(
        roles.listRoles().filter(({ path }) => path.startsWith(prefix)),
        input,
      );
      return { Roles: items.map(describeShownRole), ...page };
    },

    DeleteRole(input: DeleteRoleRequest): object {
      roles.deleteRole(input.RoleName ?? '');
      return {};
    },

    UpdateRole(input: UpdateRoleRequest): object {
      const maxSessionSeconds = checkSessionSeconds(input.MaxSessionDuration);
      roles.updateRole(input.RoleName ?? '', { maxSessionSeconds, description: input.Description });
      return {};
    },

    UpdateAssumeRolePolicy(input: UpdateAssumeRolePolicyRequest): object {
      roles.updateTrustPolicy(input.RoleName ?? '', input.PolicyDocument ?? '');
      return {};
    },

    PutRolePolicy(input: PutRolePolicyRequest): object {
      roles.putPolicy(input.RoleName ?? '', input.PolicyName ?? '', input.PolicyDocument ?? '');
      return {};
    },

    GetRolePolicy(input: GetRolePolicyRequest): GetRolePolicyResponse {
      const { RoleName: roleName = '', PolicyName: policyName = '' } = input;
      const document = encodeDocument(roles.getPolicy(roleName, policyName).text);
      return { RoleName: roleName, PolicyName: policyName, PolicyDocument: document };
    },

    ListRolePolicies(input: ListRolePoliciesRequest): ListRolePoliciesResponse {
      const { inlinePolicies } = roles.getRole(input.RoleName ?? '');
      const { items, ...page } = paginate([...inlinePolicies.keys()].sort(), input);
      return { PolicyNames: items, ...page };
    },

    DeleteRolePolicy(input: DeleteRolePolicyRequest): object {
      roles.deletePolicy(input.RoleName ?? '', input.PolicyName ?? '');
      return {};
    },

    AttachRolePolicy(input: AttachRolePolicyRequest): object {
      roles.attachPolicy(input.RoleName ?? '', input.PolicyArn ?? '');
      return {};
    },

    DetachRolePolicy(input: DetachRolePolicyRequest): object {
      roles.detachPolicy(input.RoleName ?? '', input.PolicyArn ?? '');
      return {};
    },

    ListAttachedRolePolicies(input: ListAttachedRolePoliciesRequest): ListAttachedRolePoliciesResponse {
      const { attachedPolicies } = roles.getRole(input.RoleName ?? '');
      const { items, ...page } = paginate([...attachedPolicies], input);
      const attached = items.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }));
      return { AttachedPolicies: attached, ...page };
    },
  };
}

/** @throws ServiceError `ValidationError` outside 3600 to 43200 (aws.md 4.2) */
function checkSessionSeconds(seconds: number | undefined): number | undefined {
  if (seconds === undefined || (seconds >= MIN_SESSION_SECONDS && seconds <= MAX_SESSION_SECONDS)) return seconds;
  throw constraintFailed(
    'maxSessionDuration',
    seconds > MAX_SESSION_SECONDS
      ? `Member must have value less than or equal to ${MAX_SESSION_SECONDS}`
      : `Member must have value greater than or equal to ${MIN_SESSION_SECONDS}`,
  );
}

/** As CreateRole answers: without the longest session, which Get and List show (aws.md 4.2). */
function describeRole(role: IamRole): Role {
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: toDate(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy.text),
    ...(role.description !== undefined && { Description: role.description }),
  };
}

function describeShownRole(role: IamRole): Role {
  return { ...describeRole(role), MaxSessionDuration: role.maxSessionSeconds };
}
