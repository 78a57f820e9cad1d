import type { Clock } from '#core/clock.ts';
import type { Connection } from '#core/connection.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import type { EndpointFailure, FailureWindow } from '../endpoint/endpoint-failure.ts';
import { PlainEndpoint, type PlainAnswer, type PlainRequest } from '../endpoint/plain-endpoint.ts';
import type { IamStore } from '../iam/iam-store.ts';
import type { IssuerKeys } from '../oidc/issuer-keys.ts';
import type { RequestIds } from '../request-ids.ts';
import { pathOf } from '../schema/query-string.ts';
import { PodIdentityAgent, type PodIdentityAssociation } from './pod-identity-agent.ts';
import { TaskRoles, type TaskOptions } from './task-roles.ts';

export interface ContainerCredentialsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly requestIds: RequestIds;
  readonly iam: IamStore;
  readonly issuerKeys: IssuerKeys;
  readonly accountId: string;
}

const POD_IDENTITY_PATH = '/v1/credentials';

/** The credential endpoints of containers: ECS task roles (aws.md 5.3) and the EKS Pod Identity agent (5.2). */
export class ContainerCredentials {
  readonly #endpoint: PlainEndpoint;
  readonly #tasks: TaskRoles;
  readonly #pods: PodIdentityAgent;

  constructor(options: ContainerCredentialsOptions) {
    const { clock, timeline, requestIds } = options;
    this.#tasks = new TaskRoles(options);
    this.#pods = new PodIdentityAgent(options);
    this.#endpoint = new PlainEndpoint({
      name: 'container',
      clock,
      timeline,
      requestIds,
      answer: (request) => this.#answer(request),
      describeStatus: (status) => ({
        contentType: 'application/json',
        body: JSON.stringify({ code: 'ServerError', message: `status ${status}` }),
      }),
    });
  }

  /** A task with a role. The path is what ECS puts into `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`. */
  addTask(roleName: string, options: TaskOptions = {}): string {
    return this.#tasks.add(roleName, options);
  }

  /** Gives the pods of a service account a role. The full URI is `http://169.254.170.23/v1/credentials`. */
  associate(association: PodIdentityAssociation): void {
    this.#pods.associate(association);
  }

  /** Makes some or all requests fail; disposing the result ends it. */
  fail(failure: EndpointFailure, window?: FailureWindow): Disposable {
    return this.#endpoint.fail(failure, window);
  }

  /** Hands out new credentials from now on; the old ones stay good until they end. */
  rotate(): void {
    this.#tasks.rotate();
    this.#pods.rotate();
  }

  /** Serves a connection that reached one of the addresses. */
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

  async #answer(request: PlainRequest): Promise<PlainAnswer> {
    return pathOf(request.target) === POD_IDENTITY_PATH
      ? await this.#pods.answer(request)
      : this.#tasks.answer(request);
  }
}
