import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import { formatTime } from '../endpoint/format-time.ts';
import type { PlainAnswer, PlainRequest } from '../endpoint/plain-endpoint.ts';
import { RotatingCredentials, type CredentialLife } from '../endpoint/rotating-credentials.ts';
import type { IamStore } from '../iam/iam-store.ts';
import type { IamRole } from '../iam/role-store.ts';
import { trustsService } from '../iam/trusts-service.ts';
import { pathOf } from '../schema/query-string.ts';

interface TaskRolesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly iam: IamStore;
}

export interface TaskOptions extends CredentialLife {
  /** The end of its path. Default: a UUID, as ECS's. */
  readonly id?: string;
}

interface Task {
  readonly roleName: string;
  readonly life: CredentialLife;
  readonly credentials: RotatingCredentials;
}

const PATH = '/v2/credentials';

/** ECS's endpoint for the roles of tasks (aws.md 5.3). Whoever knows a task's path may ask; there is no token. */
export class TaskRoles {
  readonly #options: TaskRolesOptions;
  readonly #tasks = new Map<string, Task>();

  constructor(options: TaskRolesOptions) {
    this.#options = options;
  }

  add(roleName: string, { id, ...life }: TaskOptions): string {
    const { iam, clock, random } = this.#options;
    const credentials = new RotatingCredentials({ iam, clock, sessionName: random.hex(32) });
    const path = `${PATH}/${id ?? random.uuid()}`;
    this.#tasks.set(path, { roleName, life, credentials });
    return path;
  }

  rotate(): void {
    for (const { credentials } of this.#tasks.values()) credentials.rotate();
  }

  /** Codes and texts of the ECS agent (`HandlerErrorMessage` in amazon-ecs-agent, v2 credentials handler). */
  answer({ method, target, wantsExpired }: PlainRequest): PlainAnswer {
    const path = pathOf(target);
    if (method !== 'GET' || !path.startsWith(PATH)) return createText(404, '404 page not found\n');
    const task = this.#tasks.get(path);
    if (task === undefined) {
      return /^\/v2\/credentials\/?$/.test(path)
        ? createError(400, 'NoIdInRequest', 'CredentialsV2Request: No ID in the request')
        : createError(400, 'InvalidIdInRequest', 'CredentialsV2Request: Credentials not found');
    }
    const role = this.#findRole(task.roleName);
    if (role === undefined) {
      return createError(503, 'CredentialsUninitialized', 'CredentialsV2Request: Credentials uninitialized for ID');
    }
    return createDocument(task, role, wantsExpired);
  }

  #findRole(roleName: string): IamRole | undefined {
    const { iam, clock } = this.#options;
    const role = iam.roles.listRoles().find((candidate) => candidate.roleName === roleName);
    return role !== undefined && trustsService(role, 'ecs-tasks.amazonaws.com', clock.now()) ? role : undefined;
  }
}

function createDocument({ credentials, life }: Task, role: IamRole, wantsExpired: boolean): PlainAnswer {
  const issued = wantsExpired ? credentials.getExpired(role) : credentials.get(role, life);
  return createJson(200, {
    RoleArn: role.arn,
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    Token: issued.sessionToken,
    Expiration: formatTime(issued.sessionExpiresAt),
  });
}

function createError(status: number, code: string, message: string): PlainAnswer {
  return createJson(status, { code, message, HTTPErrorCode: status });
}

function createJson(status: number, value: object): PlainAnswer {
  const body = JSON.stringify(value);
  return { operation: 'GetTaskCredentials', status, contentType: 'application/json', body };
}

function createText(status: number, body: string): PlainAnswer {
  return { operation: 'GetTaskCredentials', status, contentType: 'text/plain; charset=utf-8', body };
}
