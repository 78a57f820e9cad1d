import type { Clock, Instant } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import { parsePermissionPolicy, parseTrustPolicy } from '../policy/parse-policy.ts';
import type { Policy } from '../policy/types.ts';
import {
  policyNotAttachable,
  policyNotFound,
  roleExists,
  roleHasPolicies,
  roleMissing,
  rolePolicyMissing,
} from './iam-errors.ts';
import type { ManagedPolicyStore } from './managed-policy-store.ts';
import { createPrincipalId } from './unique-id.ts';

/** A policy document as scenarios write it; the API sends it as text. */
export type PolicyDocument = string | Readonly<Record<string, unknown>>;

export interface NewRole {
  readonly roleName: string;
  /** Who may assume it. */
  readonly trustPolicy: PolicyDocument;
  /** Inline policies by name. Without any policy a role may do nothing. */
  readonly policies?: Readonly<Record<string, PolicyDocument>>;
  /** Default `/`. */
  readonly path?: string;
  readonly description?: string;
  /** The longest session it gives, 3600 (default) to 43200. */
  readonly maxSessionSeconds?: number;
}

export interface IamRole {
  readonly roleName: string;
  readonly path: string;
  readonly roleId: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly createdAt: Instant;
  readonly maxSessionSeconds: number;
  readonly trustPolicy: Policy;
  /** Inline policies by name. */
  readonly inlinePolicies: ReadonlyMap<string, Policy>;
  /** ARNs of managed policies. */
  readonly attachedPolicies: ReadonlySet<string>;
}

export interface RoleStoreOptions {
  readonly accountId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly managedPolicies: ManagedPolicyStore;
}

interface StoredRole extends IamRole {
  maxSessionSeconds: number;
  description: string | undefined;
  trustPolicy: Policy;
  readonly inlinePolicies: Map<string, Policy>;
  readonly attachedPolicies: Set<string>;
}

const DEFAULT_SESSION_SECONDS = 3600;
/** The name that IAM's console gives the policy behind "revoke active sessions". */
const REVOCATION_POLICY = 'AWSRevokeOlderSessions';

/** IAM's roles: who may assume each, and what it may do. */
export class RoleStore {
  readonly #options: RoleStoreOptions;
  readonly #roles = new Map<string, StoredRole>();

  constructor(options: RoleStoreOptions) {
    this.#options = options;
  }

  /** @throws ServiceError `EntityAlreadyExists`, `MalformedPolicyDocument` */
  createRole(role: NewRole): IamRole {
    const { roleName, path = '/', maxSessionSeconds = DEFAULT_SESSION_SECONDS, policies = {} } = role;
    if (this.#roles.has(roleName)) throw roleExists(roleName);
    const { accountId, clock, random } = this.#options;
    const inline = Object.entries(policies).map(([name, document]) => [name, readPermissions(document)] as const);
    const created: StoredRole = {
      roleName,
      path,
      roleId: createPrincipalId(random, 'AROA'),
      arn: `arn:aws:iam::${accountId}:role${path}${roleName}`,
      description: role.description,
      createdAt: clock.now(),
      maxSessionSeconds,
      trustPolicy: parseTrustPolicy(toText(role.trustPolicy)),
      inlinePolicies: new Map(inline),
      attachedPolicies: new Set(),
    };
    this.#roles.set(roleName, created);
    return created;
  }

  /** @throws ServiceError `NoSuchEntity` */
  getRole(roleName: string): IamRole {
    return this.#get(roleName);
  }

  findByArn(arn: string): IamRole | undefined {
    return Array.from(this.#roles.values()).find((role) => role.arn === arn);
  }

  /** Every role, by name. */
  listRoles(): IamRole[] {
    return Array.from(this.#roles.values()).sort((a, b) => (a.roleName < b.roleName ? -1 : 1));
  }

  /** @throws ServiceError `NoSuchEntity`; `DeleteConflict` while it has policies */
  deleteRole(roleName: string): void {
    const { inlinePolicies, attachedPolicies } = this.#get(roleName);
    if (attachedPolicies.size > 0) throw roleHasPolicies('attached');
    if (inlinePolicies.size > 0) throw roleHasPolicies('inline');
    this.#roles.delete(roleName);
  }

  /** @throws ServiceError `NoSuchEntity`, `MalformedPolicyDocument` */
  updateTrustPolicy(roleName: string, document: PolicyDocument): void {
    const role = this.#get(roleName);
    role.trustPolicy = parseTrustPolicy(toText(document));
  }

  /** @throws ServiceError `NoSuchEntity` */
  updateRole(
    roleName: string,
    change: { readonly maxSessionSeconds?: number | undefined; readonly description?: string | undefined },
  ): void {
    const role = this.#get(roleName);
    role.maxSessionSeconds = change.maxSessionSeconds ?? role.maxSessionSeconds;
    role.description = change.description ?? role.description;
  }

  /** @throws ServiceError `NoSuchEntity`, `MalformedPolicyDocument` */
  putPolicy(roleName: string, policyName: string, document: PolicyDocument): void {
    this.#get(roleName).inlinePolicies.set(policyName, readPermissions(document));
  }

  /** @throws ServiceError `NoSuchEntity` */
  getPolicy(roleName: string, policyName: string): Policy {
    const policy = this.#get(roleName).inlinePolicies.get(policyName);
    if (policy === undefined) throw rolePolicyMissing(policyName);
    return policy;
  }

  /** @throws ServiceError `NoSuchEntity` */
  deletePolicy(roleName: string, policyName: string): void {
    if (!this.#get(roleName).inlinePolicies.delete(policyName)) throw rolePolicyMissing(policyName);
  }

  /** Attaching twice is accepted (aws.md 4.2). @throws ServiceError `NoSuchEntity` */
  attachPolicy(roleName: string, policyArn: string): void {
    const role = this.#get(roleName);
    if (this.#options.managedPolicies.find(policyArn) === undefined) throw policyNotAttachable(policyArn);
    role.attachedPolicies.add(policyArn);
  }

  /** @throws ServiceError `NoSuchEntity` */
  detachPolicy(roleName: string, policyArn: string): void {
    if (!this.#get(roleName).attachedPolicies.delete(policyArn)) throw policyNotFound(policyArn);
  }

  /**
   * Refuses every session of the role that was issued before now: what "revoke active sessions" of the console does, by a
   * Deny on `aws:TokenIssueTime`.
   *
   * @throws ServiceError `NoSuchEntity`
   */
  revokeSessions(roleName: string): void {
    const now = new Date(this.#options.clock.now()).toISOString();
    this.putPolicy(roleName, REVOCATION_POLICY, {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Deny', Action: ['*'], Resource: ['*'], Condition: { DateLessThan: { 'aws:TokenIssueTime': now } } },
      ],
    });
  }

  /** Everything a role is allowed and denied, inline and attached. */
  listPolicies(role: IamRole): Policy[] {
    const { managedPolicies } = this.#options;
    const attached = Array.from(role.attachedPolicies, (arn) => managedPolicies.find(arn)?.policy);
    return [...role.inlinePolicies.values(), ...attached.filter((policy) => policy !== undefined)];
  }

  #get(roleName: string): StoredRole {
    const role = this.#roles.get(roleName);
    if (role === undefined) throw roleMissing(roleName);
    return role;
  }
}

function readPermissions(document: PolicyDocument): Policy {
  return parsePermissionPolicy(toText(document));
}

function toText(document: PolicyDocument): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}
