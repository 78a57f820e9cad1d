import type { Clock, Instant } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import { parsePermissionPolicy } from '../policy/parse-policy.ts';
import type { Policy } from '../policy/types.ts';
import { policyAttached, policyExists, policyNotFound, policyOfAws } from './iam-errors.ts';
import { createPrincipalId } from './unique-id.ts';

export interface ManagedPolicy {
  readonly policyName: string;
  readonly policyId: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAt: Instant;
  readonly policy: Policy;
}

interface ManagedPolicyStoreOptions {
  readonly accountId: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Policies of AWS's own that gateways are given; their documents are cut down to what this mock emulates. */
const AWS_POLICIES: Readonly<Record<string, string>> = {
  'arn:aws:iam::aws:policy/AdministratorAccess': '*',
  'arn:aws:iam::aws:policy/AWSLambda_FullAccess': 'lambda:*',
  'arn:aws:iam::aws:policy/service-role/AWSLambdaRole': 'lambda:InvokeFunction',
};

/** Managed policies, in their one version. */
export class ManagedPolicyStore {
  readonly #options: ManagedPolicyStoreOptions;
  readonly #policies = new Map<string, ManagedPolicy>();

  constructor(options: ManagedPolicyStoreOptions) {
    this.#options = options;
    for (const [arn, action] of Object.entries(AWS_POLICIES)) {
      const statement = { Effect: 'Allow', Action: action, Resource: '*' };
      const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
      const policyName = arn.slice(arn.lastIndexOf('/') + 1);
      const path = arn.slice(arn.indexOf('/'), arn.lastIndexOf('/') + 1);
      this.#add({ policyName, path, arn, policyId: `ANPA${policyName.toUpperCase()}` }, text);
    }
  }

  /** @throws ServiceError `EntityAlreadyExists`, `MalformedPolicyDocument` */
  create(policyName: string, text: string, path = '/'): ManagedPolicy {
    const { accountId, random } = this.#options;
    const arn = `arn:aws:iam::${accountId}:policy${path}${policyName}`;
    if (this.#policies.has(arn)) throw policyExists(policyName);
    return this.#add({ policyName, path, arn, policyId: createPrincipalId(random, 'ANPA') }, text);
  }

  find(arn: string): ManagedPolicy | undefined {
    return this.#policies.get(arn);
  }

  /** @throws ServiceError `NoSuchEntity`; `AccessDenied` for AWS's own; `DeleteConflict` while a role has it */
  delete(arn: string, roles: readonly { readonly attachedPolicies: ReadonlySet<string> }[]): void {
    if (arn in AWS_POLICIES) throw policyOfAws();
    if (roles.some(({ attachedPolicies }) => attachedPolicies.has(arn))) throw policyAttached();
    if (!this.#policies.delete(arn)) throw policyNotFound(arn);
  }

  #add(policy: Omit<ManagedPolicy, 'createdAt' | 'policy'>, text: string): ManagedPolicy {
    const added = { ...policy, createdAt: this.#options.clock.now(), policy: parsePermissionPolicy(text) };
    this.#policies.set(policy.arn, added);
    return added;
  }
}
