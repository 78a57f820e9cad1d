import type { Clock, Instant } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { Timeline, TimelineEventOf } from '#core/timeline.ts';
import type { Policy } from '../policy/types.ts';
import type { AccessKey, Principal } from '../sigv4/types.ts';
import { accessKeyLimit, accessKeyMissing, userExists, userHasKeys, userMissing } from './iam-errors.ts';
import { KeyVisibility } from './key-visibility.ts';
import { ManagedPolicyStore } from './managed-policy-store.ts';
import { OidcProviderStore } from './oidc-provider-store.ts';
import { RoleStore, type IamRole } from './role-store.ts';
import { createAccessKeyId, createPrincipalId, createSecretAccessKey, createSessionToken } from './unique-id.ts';

export interface IamUser {
  readonly userName: string;
  readonly path: string;
  readonly userId: string;
  readonly arn: string;
  readonly createdAt: Instant;
  readonly tags: readonly IamTag[];
}

export interface IamTag {
  readonly key: string;
  readonly value: string;
}

export type AccessKeyStatus = 'Active' | 'Inactive';

/** A key as the control plane shows it; verification may still see an older status. */
export interface IamAccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Undefined for a key of the account's root user. */
  readonly userName: string | undefined;
  readonly createdAt: Instant;
  readonly status: AccessKeyStatus;
  /** The last accepted signature. */
  readonly lastUsed: KeyUse | undefined;
}

interface KeyUse {
  readonly at: Instant;
  readonly service: string;
  readonly region: string;
}

export interface IamStoreOptions {
  readonly accountId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly propagationDelayMs?: PropagationDelayMs;
}

/**
 * How long a change of a key takes to reach the services that verify signatures (aws.md 4.6): one for all kinds of changes, or
 * one each. Default 0.
 */
export type PropagationDelayMs = number | Readonly<Partial<Record<Exclude<KeyAction, 'used'>, number>>>;

export interface NewAccessKey {
  /** A key made elsewhere. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The key existed before the story begins: verification knows it at once. */
  readonly isSettled?: boolean;
}

/** A session of a role, as whoever issues it asks for it. */
export interface NewRoleSession {
  readonly role: IamRole;
  readonly sessionName: string;
  /** Negative: it is over before it begins. */
  readonly lifetimeMs: number;
  /** Session policies: the session may do only what they allow as well. */
  readonly policies?: readonly Policy[];
}

/** A temporary key with everything a client needs to use it. */
export type RoleSessionKey = Required<AccessKey>;

/** {@link IamAccessKey}, before it is shown. */
type StoredKey = { -readonly [Member in keyof IamAccessKey]: IamAccessKey[Member] };
type KeyAction = TimelineEventOf<'access-key'>['action'];

const KEYS_PER_USER = 2;

/**
 * Users and their access keys, as IAM's control plane shows them and as verification sees them, and what else IAM keeps:
 * roles, their sessions, policies and identity providers.
 *
 * Reads show a change at once; {@link IamStore.findAccessKey} sees it after the propagation delay.
 */
export class IamStore {
  readonly managedPolicies: ManagedPolicyStore;
  readonly roles: RoleStore;
  readonly oidcProviders: OidcProviderStore;
  readonly #options: IamStoreOptions;
  #propagationDelayMs: PropagationDelayMs;
  readonly #users = new Map<string, IamUser>();
  readonly #keys = new Map<string, StoredKey>();
  /** Outlives {@link #keys}: a deleted key works until the deletion has spread. */
  readonly #visibility = new Map<string, KeyVisibility>();
  readonly #sessions = new Map<string, AccessKey>();

  constructor(options: IamStoreOptions) {
    this.#options = options;
    this.#propagationDelayMs = options.propagationDelayMs ?? 0;
    this.managedPolicies = new ManagedPolicyStore(options);
    this.roles = new RoleStore({ ...options, managedPolicies: this.managedPolicies });
    this.oidcProviders = new OidcProviderStore(options);
  }

  /** Changes how long later changes of keys take to be seen; changes on their way keep their time. */
  setPropagationDelay(delayMs: PropagationDelayMs): void {
    this.#propagationDelayMs = delayMs;
  }

  /** @throws ServiceError `EntityAlreadyExists` */
  createUser(userName: string, options: { readonly path?: string; readonly tags?: readonly IamTag[] } = {}): IamUser {
    if (this.#users.has(userName)) throw userExists(userName);
    const { accountId, random, clock } = this.#options;
    const path = options.path ?? '/';
    const user: IamUser = {
      userName,
      path,
      userId: createPrincipalId(random, 'AIDA'),
      arn: `arn:aws:iam::${accountId}:user${path}${userName}`,
      createdAt: clock.now(),
      tags: options.tags ?? [],
    };
    this.#users.set(userName, user);
    return user;
  }

  /** @throws ServiceError `NoSuchEntity` */
  getUser(userName: string): IamUser {
    const user = this.#users.get(userName);
    if (user === undefined) throw userMissing(userName);
    return user;
  }

  /** Every user, by name. */
  listUsers(): IamUser[] {
    return Array.from(this.#users.values()).sort((a, b) => (a.userName < b.userName ? -1 : 1));
  }

  /** @throws ServiceError `NoSuchEntity`; `DeleteConflict` while the user has keys */
  deleteUser(userName: string): void {
    if (this.listAccessKeys(userName).length > 0) throw userHasKeys();
    this.#users.delete(userName);
  }

  /**
   * Creates a key of a user, or of the root user when `userName` is undefined.
   *
   * @throws ServiceError `NoSuchEntity`; `LimitExceeded` at the third key
   */
  createAccessKey(userName: string | undefined, options: NewAccessKey = {}): IamAccessKey {
    if (this.listAccessKeys(userName).length >= KEYS_PER_USER) throw accessKeyLimit();
    const { accessKeyId, secretAccessKey } = options.credentials ?? this.#createCredentials();
    const createdAt = this.#options.clock.now();
    const key: StoredKey = { accessKeyId, secretAccessKey, userName, createdAt, status: 'Active', lastUsed: undefined };
    const visibility = new KeyVisibility({ accessKeyId, secretAccessKey, principal: this.#principalOf(userName) });
    visibility.change('Active', options.isSettled === true ? createdAt : this.#visibleAt('created'));
    this.#keys.set(accessKeyId, key);
    this.#visibility.set(accessKeyId, visibility);
    this.#report('created', key);
    return { ...key };
  }

  /**
   * Keys of a user, or of the root user when undefined, in order of creation.
   *
   * @throws ServiceError `NoSuchEntity`
   */
  listAccessKeys(userName: string | undefined): IamAccessKey[] {
    if (userName !== undefined) this.getUser(userName);
    return Array.from(this.#keys.values(), (key) => ({ ...key })).filter((key) => key.userName === userName);
  }

  /** @throws ServiceError `NoSuchEntity` when the user has no such key */
  updateAccessKey(userName: string | undefined, accessKeyId: string, status: AccessKeyStatus): void {
    const key = this.#getKey(userName, accessKeyId);
    if (key.status === status) return;
    key.status = status;
    const action = status === 'Active' ? 'activated' : 'deactivated';
    this.#visibility.get(accessKeyId)?.change(status, this.#visibleAt(action));
    this.#report(action, key);
  }

  /** @throws ServiceError `NoSuchEntity` when the user has no such key */
  deleteAccessKey(userName: string | undefined, accessKeyId: string): void {
    const key = this.#getKey(userName, accessKeyId);
    this.#keys.delete(accessKeyId);
    this.#visibility.get(accessKeyId)?.change('Deleted', this.#visibleAt('deleted'));
    this.#report('deleted', key);
  }

  /** A key as the control plane shows it. */
  findShownKey(accessKeyId: string): IamAccessKey | undefined {
    const key = this.#keys.get(accessKeyId);
    return key === undefined ? undefined : { ...key };
  }

  /** An id for a role (`AROA...`). */
  createRoleId(): string {
    return createPrincipalId(this.#options.random, 'AROA');
  }

  /** Issues a temporary key for a session; services that verify signatures know it at once. */
  createSession(principal: Principal, expiresAt: Instant): RoleSessionKey {
    const { random, accountId } = this.#options;
    const session: RoleSessionKey = {
      accessKeyId: createAccessKeyId(random, 'ASIA', accountId),
      secretAccessKey: createSecretAccessKey(random),
      sessionToken: createSessionToken(random),
      sessionExpiresAt: expiresAt,
      isActive: true,
      principal,
    };
    this.#sessions.set(session.accessKeyId, session);
    return session;
  }

  /** Issues a session of a role (aws.md 3.1). What it may do is what the role may do when it does it. */
  createRoleSession({ role, sessionName, lifetimeMs, policies = [] }: NewRoleSession): RoleSessionKey {
    const { accountId, clock } = this.#options;
    const { arn: roleArn, roleName, roleId } = role;
    const issuedAt = clock.now();
    const principal: Principal = {
      arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
      accountId,
      userId: `${roleId}:${sessionName}`,
      session: { roleArn, issuedAt, policies },
    };
    const session = this.createSession(principal, issuedAt + lifetimeMs);
    this.#emit('created', session.accessKeyId, `${roleName}/${sessionName}`);
    return session;
  }

  /** A key as the services that verify signatures see it now; undefined when unknown to them. */
  findAccessKey(accessKeyId: string): AccessKey | undefined {
    const longTerm = this.#visibility.get(accessKeyId);
    return longTerm === undefined ? this.#sessions.get(accessKeyId) : longTerm.at(this.#options.clock.now());
  }

  /** Records an accepted signature, for GetAccessKeyLastUsed. */
  noteUse(accessKeyId: string, service: string, region: string): void {
    const key = this.#keys.get(accessKeyId);
    if (key === undefined) return;
    if (key.lastUsed === undefined) this.#report('used', key);
    key.lastUsed = { at: this.#options.clock.now(), service, region };
  }

  #createCredentials(): { accessKeyId: string; secretAccessKey: string } {
    const { random, accountId } = this.#options;
    return {
      accessKeyId: createAccessKeyId(random, 'AKIA', accountId),
      secretAccessKey: createSecretAccessKey(random),
    };
  }

  #getKey(userName: string | undefined, accessKeyId: string): StoredKey {
    if (userName !== undefined) this.getUser(userName);
    const key = this.#keys.get(accessKeyId);
    if (key === undefined || key.userName !== userName) throw accessKeyMissing(accessKeyId);
    return key;
  }

  #principalOf(userName: string | undefined): Principal {
    const { accountId } = this.#options;
    if (userName === undefined) return { arn: `arn:aws:iam::${accountId}:root`, accountId, userId: accountId };
    const { arn, userId } = this.getUser(userName);
    return { arn, accountId, userId };
  }

  #visibleAt(action: Exclude<KeyAction, 'used'>): Instant {
    const delayMs = this.#propagationDelayMs;
    return this.#options.clock.now() + (typeof delayMs === 'number' ? delayMs : (delayMs[action] ?? 0));
  }

  #report(action: KeyAction, { accessKeyId, userName }: StoredKey): void {
    this.#emit(action, accessKeyId, userName ?? 'root');
  }

  /** `user` is a user's name, or role and session name of a session. */
  #emit(action: KeyAction, accessKeyId: string, user: string): void {
    this.#options.timeline.emit({ type: 'access-key', source: 'mock-aws', action, accessKeyId, user });
  }
}
