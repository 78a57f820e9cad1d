import type { Clock, Instant } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import { getHeader } from '#core/http-message.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { EndpointFailure, FailureWindow } from '../endpoint/endpoint-failure.ts';
import { PlainEndpoint, type PlainAnswer, type PlainRequest } from '../endpoint/plain-endpoint.ts';
import { RotatingCredentials, type CredentialLife } from '../endpoint/rotating-credentials.ts';
import type { IamStore } from '../iam/iam-store.ts';
import type { RequestIds } from '../request-ids.ts';
import { pathOf } from '../schema/query-string.ts';
import { createCredentialDocument } from './credential-document.ts';
import { createMetadataPage } from './metadata-page.ts';

export interface InstanceSettings extends CredentialLife {
  /** The role of the instance profile; undefined: the instance has none. */
  readonly role?: string | undefined;
  /** Whether version 1, without tokens, is answered too. Default `optional`. */
  readonly tokens?: 'optional' | 'required';
  /** False answers everything 403, as a service that is switched off. */
  readonly isEnabled?: boolean;
}

export interface InstanceMetadataOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly requestIds: RequestIds;
  readonly iam: IamStore;
  readonly region: string;
  readonly accountId: string;
}

const TOKEN_PATH = '/latest/api/token';
const CREDENTIALS_PATH = '/latest/meta-data/iam/security-credentials';
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
const MAX_TTL_SECONDS = 21_600;

/** The instance metadata service of EC2, versions 1 and 2 (aws.md 5.4). */
export class InstanceMetadata {
  readonly #options: InstanceMetadataOptions;
  readonly #endpoint: PlainEndpoint;
  readonly #credentials: RotatingCredentials;
  readonly #instanceId: string;
  readonly #tokens = new Map<string, Instant>();
  #settings: InstanceSettings = {};

  constructor(options: InstanceMetadataOptions) {
    const { clock, timeline, requestIds, iam, random } = options;
    this.#options = options;
    this.#instanceId = `i-0${random.hex(16)}`;
    this.#credentials = new RotatingCredentials({ iam, clock, sessionName: this.#instanceId });
    this.#endpoint = new PlainEndpoint({
      name: 'metadata',
      clock,
      timeline,
      requestIds,
      answer: (request) => this.#answer(request),
      describeStatus: createMetadataPage,
    });
  }

  /** Changes the settings that are given and keeps the others. */
  configure(settings: InstanceSettings): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Makes some or all requests fail; disposing the result ends it. */
  fail(failure: EndpointFailure, window?: FailureWindow): Disposable {
    return this.#endpoint.fail(failure, window);
  }

  /** Hands out new credentials from now on; the old ones stay good until they end. */
  rotate(): void {
    this.#credentials.rotate();
  }

  /** Serves a connection that reached the service's address. */
  accept(connection: Connection): void {
    this.#endpoint.accept(connection);
  }

  /** For listeners that several endpoints share. */
  get endpoint(): PlainEndpoint {
    return this.#endpoint;
  }

  close(): void {
    this.#endpoint.close();
  }

  #answer(request: PlainRequest): PlainAnswer {
    const path = pathOf(request.target);
    if (this.#settings.isEnabled === false) return createRefusal('Refused', 403);
    if (request.method === 'PUT') return this.#issueToken(request, path);
    if (request.method !== 'GET' && request.method !== 'HEAD') return createRefusal('Refused', 405);
    if (!this.#isAdmitted(request)) return createRefusal('CheckToken', 401);
    return this.#answerPath(path, request) ?? createRefusal('NotFound', 404);
  }

  /** A request that a proxy forwarded gets no token (aws.md 5.4). */
  #issueToken(request: PlainRequest, path: string): PlainAnswer {
    const operation = 'GetToken';
    const isForwarded = getHeader(request.headers, 'x-forwarded-for') !== undefined;
    if (path !== TOKEN_PATH || isForwarded) return createRefusal(operation, 403);
    const text = getHeader(request.headers, TTL_HEADER) ?? '';
    const ttlSeconds = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) return createRefusal(operation, 400);
    const token = this.#options.random.bytes(40).toString('base64');
    const now = this.#options.clock.now();
    for (const [old, endsAt] of this.#tokens) if (endsAt <= now) this.#tokens.delete(old);
    this.#tokens.set(token, now + ttlSeconds * 1000);
    return createText(operation, token, ['X-Aws-Ec2-Metadata-Token-Ttl-Seconds', String(ttlSeconds)]);
  }

  /** A token that is sent must be good even where none is needed. */
  #isAdmitted(request: PlainRequest): boolean {
    const token = getHeader(request.headers, 'x-aws-ec2-metadata-token');
    if (token === undefined) return this.#settings.tokens !== 'required';
    const endsAt = this.#tokens.get(token);
    return endsAt !== undefined && endsAt > this.#options.clock.now();
  }

  #answerPath(path: string, request: PlainRequest): PlainAnswer | undefined {
    const { role } = this.#settings;
    const bare = path.endsWith('/') ? path.slice(0, -1) : path;
    if (bare === CREDENTIALS_PATH) return role === undefined ? undefined : createText('ListRoles', role);
    if (role !== undefined && path === `${CREDENTIALS_PATH}/${role}`) return this.#createCredentials(role, request);
    const fact = this.#describeInstance()[bare];
    return fact === undefined ? undefined : createText('GetFact', fact);
  }

  #createCredentials(roleName: string, { wantsExpired }: PlainRequest): PlainAnswer {
    const { iam, clock } = this.#options;
    const document = createCredentialDocument(roleName, {
      iam,
      now: clock.now(),
      issue: (role) =>
        wantsExpired ? this.#credentials.getExpired(role) : this.#credentials.get(role, this.#settings),
    });
    return createText('GetCredentials', document);
  }

  #describeInstance(): Readonly<Record<string, string>> {
    const { region, accountId } = this.#options;
    const identity = { accountId, availabilityZone: `${region}a`, instanceId: this.#instanceId, region };
    return {
      '/latest/meta-data/instance-id': this.#instanceId,
      '/latest/meta-data/placement/region': region,
      '/latest/meta-data/placement/availability-zone': `${region}a`,
      '/latest/dynamic/instance-identity/document': JSON.stringify(identity, undefined, 2),
    };
  }
}

const SERVER = ['Server', 'EC2ws'];

function createText(operation: string, body: string, headers: readonly string[] = []): PlainAnswer {
  return { operation, status: 200, contentType: 'text/plain', headers: [...headers, ...SERVER], body };
}

function createRefusal(operation: string, status: number): PlainAnswer {
  return { operation, status, ...createMetadataPage(status), headers: SERVER };
}
