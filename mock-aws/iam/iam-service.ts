import type {
  CreateAccessKeyRequest,
  CreateAccessKeyResponse,
  CreateUserRequest,
  CreateUserResponse,
  DeleteAccessKeyRequest,
  DeleteUserRequest,
  GetAccessKeyLastUsedRequest,
  GetAccessKeyLastUsedResponse,
  GetUserRequest,
  GetUserResponse,
  ListAccessKeysRequest,
  ListAccessKeysResponse,
  ListUsersRequest,
  ListUsersResponse,
  UpdateAccessKeyRequest,
  User,
} from '@aws-sdk/client-iam';
import type { FindDenial } from '../authorise.ts';
import type { AwsCall, AwsService } from '../aws-call.ts';
import { createQueryService } from '../query-service.ts';
import type { Principal } from '../sigv4/types.ts';
import { authoriseIam } from './authorise-iam.ts';
import { checkName, constraintFailed } from './check-member.ts';
import { lastUsedDenied, userNameNeeded } from './iam-errors.ts';
import type { AccessKeyStatus, IamStore, IamUser } from './iam-store.ts';
import { createOidcOperations } from './oidc-operations.ts';
import { paginate } from './paginate.ts';
import { createPolicyOperations } from './policy-operations.ts';
import { createRoleOperations } from './role-operations.ts';
import { toDate } from './to-date.ts';

/** IAM's users, access keys, roles, policies and identity providers (aws.md 4). */
export function createIamService(store: IamStore, findDenial: FindDenial): AwsService {
  return createQueryService({
    service: 'iam',
    version: '2010-05-08',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    authorise: (operation, input, { caller }) => authoriseIam(findDenial, operation, { input, caller }),
    operations: {
      ...createUserOperations(store),
      ...createKeyOperations(store),
      ...createRoleOperations(store),
      ...createPolicyOperations(store),
      ...createOidcOperations(store),
    },
  });
}

function createUserOperations(store: IamStore) {
  return {
    CreateUser(input: CreateUserRequest): CreateUserResponse {
      const userName = checkName('userName', input.UserName);
      const tags = (input.Tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }));
      const path = input.Path === undefined ? {} : { path: input.Path };
      return { User: describeUser(store.createUser(userName, { tags, ...path })) };
    },

    GetUser(input: GetUserRequest, { caller }: AwsCall): GetUserResponse {
      const userName = input.UserName ?? getOwnName(caller);
      return { User: userName === undefined ? describeRoot(caller) : describeUser(store.getUser(userName)) };
    },

    ListUsers(input: ListUsersRequest): ListUsersResponse {
      const prefix = input.PathPrefix ?? '/';
      const users = store.listUsers().filter(({ path }) => path.startsWith(prefix));
      const { items, ...page } = paginate(users, input);
      return { Users: items.map(describeUser), ...page };
    },

    DeleteUser(input: DeleteUserRequest): object {
      store.deleteUser(input.UserName ?? '');
      return {};
    },
  };
}

function createKeyOperations(store: IamStore) {
  const ownerOf = (input: { readonly UserName?: string | undefined }, call: AwsCall) =>
    input.UserName ?? getOwnName(call.caller);

  return {
    CreateAccessKey(input: CreateAccessKeyRequest, call: AwsCall): CreateAccessKeyResponse {
      const key = store.createAccessKey(ownerOf(input, call));
      return {
        AccessKey: {
          UserName: key.userName,
          AccessKeyId: key.accessKeyId,
          Status: key.status,
          SecretAccessKey: key.secretAccessKey,
          CreateDate: toDate(key.createdAt),
        },
      };
    },

    ListAccessKeys(input: ListAccessKeysRequest, call: AwsCall): ListAccessKeysResponse {
      const { items, ...page } = paginate(store.listAccessKeys(ownerOf(input, call)), input);
      const metadata = items.map(({ userName, accessKeyId, status, createdAt }) => ({
        UserName: userName,
        AccessKeyId: accessKeyId,
        Status: status,
        CreateDate: toDate(createdAt),
      }));
      return { AccessKeyMetadata: metadata, ...page };
    },

    UpdateAccessKey(input: UpdateAccessKeyRequest, call: AwsCall): object {
      store.updateAccessKey(ownerOf(input, call), input.AccessKeyId ?? '', checkStatus(input.Status));
      return {};
    },

    DeleteAccessKey(input: DeleteAccessKeyRequest, call: AwsCall): object {
      store.deleteAccessKey(ownerOf(input, call), input.AccessKeyId ?? '');
      return {};
    },

    GetAccessKeyLastUsed(input: GetAccessKeyLastUsedRequest, { caller }: AwsCall): GetAccessKeyLastUsedResponse {
      const key = store.findShownKey(input.AccessKeyId ?? '');
      if (key === undefined) throw lastUsedDenied(caller.arn, input.AccessKeyId ?? '');
      const { userName, lastUsed } = key;
      const use =
        lastUsed === undefined
          ? { Region: 'N/A', ServiceName: 'N/A' }
          : { LastUsedDate: toDate(lastUsed.at), Region: lastUsed.region, ServiceName: lastUsed.service };
      return { UserName: userName, AccessKeyLastUsed: { LastUsedDate: undefined, ...use } };
    },
  };
}

/** The caller's own user; undefined for root. */
function getOwnName({ arn }: Principal): string | undefined {
  if (arn.endsWith(':root')) return undefined;
  if (!arn.includes(':user/')) throw userNameNeeded();
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function checkStatus(status: string | undefined): AccessKeyStatus {
  if (status === 'Active' || status === 'Inactive') return status;
  throw constraintFailed('status', 'Member must satisfy enum value set: [Active, Inactive]');
}

function describeUser(user: IamUser): User {
  return {
    Path: user.path,
    UserName: user.userName,
    UserId: user.userId,
    Arn: user.arn,
    CreateDate: toDate(user.createdAt),
    ...(user.tags.length === 0 ? {} : { Tags: user.tags.map(({ key, value }) => ({ Key: key, Value: value })) }),
  };
}

function describeRoot(caller: Principal): User {
  return { Path: '/', UserName: undefined, UserId: caller.userId, Arn: caller.arn, CreateDate: toDate(0) };
}
