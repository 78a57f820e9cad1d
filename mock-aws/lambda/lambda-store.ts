import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { Timeline } from '#core/timeline.ts';
import { BoundedList } from '../bounded-list.ts';
import { AsyncInvoker } from './async-invoker.ts';
import { extractCode, type ExtractedCode } from './code-archive.ts';
import { EnvironmentPool } from './environment-pool.ts';
import { InProcessEnvironment } from './in-process-environment.ts';
import type { ExecutionEnvironment, Invocation, InvocationRecord, Outcome } from './invocation.ts';
import { resourceConflict, resourceNotFound, throttled } from './lambda-errors.ts';
import { DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT_MS, type LambdaFunction, type NewFunction } from './lambda-function.ts';
import { ProcessEnvironment } from './process-environment.ts';
import { createProcessVariables, type RoleCredentials } from './process-variables.ts';

export interface LambdaStoreOptions {
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeline: Timeline;
  /** Default 1000. */
  readonly keptInvocations?: number;
  /** Issues the temporary key that a function process finds in its environment. */
  readonly createRoleCredentials: (lambdaFunction: LambdaFunction) => RoleCredentials;
}

interface Deployed {
  readonly lambdaFunction: LambdaFunction;
  readonly pool: EnvironmentPool;
  /** The code on disk, once a process needed it. */
  extracted: ExtractedCode | undefined;
}

/** Default limit of an account (aws.md 2.5). */
const ACCOUNT_CONCURRENCY = 1000;
const KEPT_INVOCATIONS = 1000;

/** Functions, their execution environments and what ran in them. */
export class LambdaStore {
  readonly #options: LambdaStoreOptions;
  readonly #deployed = new Map<string, Deployed>();
  readonly #invocations: BoundedList<InvocationRecord>;
  readonly #asyncInvoker: AsyncInvoker;
  #running = 0;

  constructor(options: LambdaStoreOptions) {
    this.#options = options;
    this.#invocations = new BoundedList(options.keptInvocations ?? KEPT_INVOCATIONS);
    this.#asyncInvoker = new AsyncInvoker(options.clock);
  }

  /** @throws ServiceError `ResourceConflictException` when the name is taken */
  createFunction(definition: NewFunction): LambdaFunction {
    if (this.#deployed.has(definition.name)) throw resourceConflict(`Function already exist: ${definition.name}`);
    const lambdaFunction = this.#complete(definition);
    const deployed: Deployed = {
      lambdaFunction,
      pool: new EnvironmentPool(this.#options.clock, () => this.#startEnvironment(deployed)),
      extracted: undefined,
    };
    this.#deployed.set(definition.name, deployed);
    return lambdaFunction;
  }

  findFunction(name: string, accountId = this.#options.accountId): LambdaFunction | undefined {
    const lambdaFunction = this.#deployed.get(name)?.lambdaFunction;
    return lambdaFunction?.accountId === accountId ? lambdaFunction : undefined;
  }

  /** @throws ServiceError `ResourceNotFoundException` */
  getFunction(name: string): LambdaFunction {
    const found = this.findFunction(name);
    if (found === undefined) throw resourceNotFound(`Function not found: ${this.arnOf(name)}`);
    return found;
  }

  /** Every function of this account, by name. */
  listFunctions(): LambdaFunction[] {
    const functions = Array.from(this.#deployed.values(), ({ lambdaFunction }) => lambdaFunction);
    const own = functions.filter(({ accountId }) => accountId === this.#options.accountId);
    return own.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ServiceError `ResourceNotFoundException` */
  deleteFunction(name: string): void {
    const deployed = this.#get(name);
    this.#deployed.delete(name);
    void this.#retire(deployed);
  }

  /** Undefined gives the function the account's limit again. */
  setReservedConcurrency(name: string, concurrency: number | undefined): void {
    this.#get(name).lambdaFunction.reservedConcurrency = concurrency;
  }

  /** The ARN of a function of this region, whether or not it exists. */
  arnOf(name: string, accountId = this.#options.accountId): string {
    return `arn:aws:lambda:${this.#options.region}:${accountId}:function:${name}`;
  }

  /**
   * Runs a function; `done` is called when it is over, possibly before this returns.
   *
   * @throws ServiceError `ResourceConflictException` while the function is pending, `TooManyRequestsException`
   */
  invoke(name: string, invocation: Invocation, done: (outcome: Outcome) => void): void {
    const deployed = this.#get(name);
    this.checkActive(deployed.lambdaFunction);
    this.#checkConcurrency(deployed);
    this.#run(deployed, invocation, done);
  }

  /** Runs a function later, with retries, and tells nobody how it ended. */
  invokeLater(name: string, createInvocation: () => Invocation): void {
    this.checkActive(this.#get(name).lambdaFunction);
    this.#asyncInvoker.accept((done) => {
      const deployed = this.#deployed.get(name);
      if (deployed === undefined) return;
      this.#checkConcurrency(deployed);
      this.#run(deployed, createInvocation(), done);
    });
  }

  /** @throws ServiceError `ResourceConflictException` while the function is pending (aws.md 2.6) */
  checkActive(lambdaFunction: LambdaFunction): void {
    if (this.isActive(lambdaFunction)) return;
    throw resourceConflict(
      'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    );
  }

  isActive(lambdaFunction: LambdaFunction): boolean {
    return this.#options.clock.now() >= lambdaFunction.activeAt;
  }

  /** The caller went away while the run goes on. */
  noteAbandoned(functionName: string, invocation: Invocation): void {
    this.#report(functionName, invocation, { phase: 'abandoned' });
  }

  /** The latest finished runs, oldest first. */
  invocations(): readonly InvocationRecord[] {
    return this.#invocations.toArray();
  }

  /** Ends every process and removes what was written to disk. */
  async stop(): Promise<void> {
    this.#asyncInvoker.stop();
    await Promise.all(Array.from(this.#deployed.values(), (deployed) => this.#retire(deployed)));
  }

  #get(name: string): Deployed {
    const deployed = this.#deployed.get(name);
    if (deployed === undefined) throw resourceNotFound(`Function not found: ${this.arnOf(name)}`);
    return deployed;
  }

  #complete(definition: NewFunction): LambdaFunction {
    const { clock, random } = this.#options;
    const accountId = definition.accountId ?? this.#options.accountId;
    const createdAt = clock.now();
    const day = new Date(createdAt).toISOString().slice(0, 10).replaceAll('-', '/');
    return {
      handler: 'index.handler',
      runtime: 'nodejs20.x',
      role: `arn:aws:iam::${accountId}:role/service-role/${definition.name}-role`,
      description: '',
      environment: {},
      tags: {},
      timeoutMs: DEFAULT_TIMEOUT_MS,
      memoryMb: DEFAULT_MEMORY_MB,
      initMs: 0,
      ...definition,
      accountId,
      reservedConcurrency: definition.reservedConcurrency,
      arn: this.arnOf(definition.name, accountId),
      createdAt,
      activeAt: createdAt + (definition.creationDelayMs ?? 0),
      revisionId: random.uuid(),
      logStreamName: `${day}/[$LATEST]${random.hex(32)}`,
    };
  }

  #checkConcurrency({ lambdaFunction, pool }: Deployed): void {
    const { reservedConcurrency } = lambdaFunction;
    if (reservedConcurrency !== undefined && pool.running >= reservedConcurrency) {
      throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
    }
    if (this.#running >= ACCOUNT_CONCURRENCY) throw throttled('ConcurrentInvocationLimitExceeded');
  }

  #run({ lambdaFunction, pool }: Deployed, invocation: Invocation, done: (outcome: Outcome) => void): void {
    const { name } = lambdaFunction;
    const startedAt = this.#options.clock.now();
    this.#running++;
    this.#report(name, invocation, { phase: pool.isCold ? 'cold-start' : 'started' });
    pool.run(invocation, (outcome) => {
      this.#running--;
      this.#invocations.push({ functionName: name, invocation, startedAt, outcome });
      this.#report(name, invocation, { phase: 'finished', outcome: outcome.kind, durationMs: outcome.durationMs });
      done(outcome);
    });
  }

  #report(
    functionName: string,
    invocation: Invocation,
    fact: { phase: 'cold-start' | 'started' | 'finished' | 'abandoned'; outcome?: string; durationMs?: number },
  ): void {
    const { requestId: awsRequestId } = invocation;
    this.#options.timeline.emit({ type: 'invocation', source: 'mock-aws', functionName, awsRequestId, ...fact });
  }

  #startEnvironment(deployed: Deployed): ExecutionEnvironment {
    const { lambdaFunction } = deployed;
    const { code } = lambdaFunction;
    const { clock, region, createRoleCredentials } = this.#options;
    if (typeof code === 'function') return new InProcessEnvironment({ ...lambdaFunction, code }, clock);
    const { folder } = (deployed.extracted ??= extractCode(code));
    const credentials = createRoleCredentials(lambdaFunction);
    const environment = createProcessVariables(lambdaFunction, { folder, region, credentials });
    return new ProcessEnvironment({ ...lambdaFunction, folder, environment }, clock);
  }

  async #retire(deployed: Deployed): Promise<void> {
    await deployed.pool.stop();
    deployed.extracted?.remove();
  }
}
