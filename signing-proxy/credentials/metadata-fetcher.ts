import type { Timer } from '#core/clock.ts';
import { RetryState, type AttemptOutcome } from '../filters/router/retry-state.ts';
import { replyToReset, replyToTimeout } from '../filters/router/upstream-replies.ts';
import { HeaderMap } from '../http/header-map.ts';
import { BodyTooLargeError, readBody } from '../http/read-body.ts';
import { NO_RETRIES, type RetryPolicy } from '../routing/retry-policy.ts';
import type { UpstreamCluster, UpstreamResponse } from '../upstreams/types.ts';
import { UpstreamError } from '../upstreams/upstream-error.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import { maskSecretsOf } from './mask-secret.ts';

const TOTAL_MS = 5_000;
const IDLE_MS = 1_000;
const MAX_BODY_BYTES = 1_048_576;
const RETRY_POLICY: RetryPolicy = {
  ...NO_RETRIES,
  retryOn: new Set(['5xx', 'gateway-error', 'connect-failure', 'reset', 'refused-stream']),
  maxRetries: 3,
};

/** Envoy's words for why there is no document. */
export type FetchFailure = 'Network' | 'InvalidMetadata' | 'MissingConfig';

/** A fetch that brought no document; what is known about it is in the log. */
export class MetadataFetchError extends Error {
  readonly reason: FetchFailure;

  constructor(reason: FetchFailure) {
    super(reason);
    this.name = 'MetadataFetchError';
    this.reason = reason;
  }
}

export interface MetadataCall {
  /** The internal cluster that leads there. */
  readonly cluster: string;
  readonly scheme: 'http' | 'https';
  /** The request's head with `:method`, `:path` and `:authority`. */
  readonly headers: HeaderMap;
}

type FetchEnvironment = Pick<CredentialEnvironment, 'clusters' | 'clock' | 'random' | 'log' | 'signal'>;

/**
 * Fetches a document through a cluster of the proxy (gateways.md 3.8): 5 s in all, three retries, and each try is given up
 * when nothing comes for a second after it was sent.
 *
 * @throws MetadataFetchError, or the signal's reason when the proxy ends
 */
export async function fetchThroughCluster(call: MetadataCall, environment: FetchEnvironment): Promise<string> {
  const { log, clusters } = environment;
  const cluster = clusters.find(call.cluster);
  if (cluster === undefined) {
    log.error('aws', `fetch AWS Metadata failed: [cluster = ${call.cluster}] not found`);
    throw new MetadataFetchError('MissingConfig');
  }
  const host = call.headers.get(':authority') ?? '';
  const path = (call.headers.get(':path') ?? '').replace(/\?.*$/, '');
  log.debug('aws', `fetch AWS Metadata from the cluster ${call.cluster} at [uri = ${call.scheme}://${host}${path}]`);
  const { status, body } = await callUntilAnswered(cluster, call, environment);
  if (status !== 200 && status !== 201) {
    const shown = body === '' ? 'body is empty' : `body: ${maskSecretsOf(body)}`;
    log.debug(
      'aws',
      `onSuccess: fetch AWS Metadata [cluster = ${call.cluster}]: response status code ${status}, ${shown}`,
    );
    throw new MetadataFetchError('Network');
  }
  log.debug('aws', `onSuccess: fetch AWS Metadata [cluster = ${call.cluster}]: success`);
  if (body !== '') return body;
  log.debug('aws', `onSuccess: fetch AWS Metadata [cluster = ${call.cluster}]: body is empty`);
  throw new MetadataFetchError('InvalidMetadata');
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

interface Attempt {
  readonly outcome: AttemptOutcome;
  readonly answer: Answered;
}

/** Why an attempt was given up from this side. */
class GivenUpError extends Error {}

/** What comes of it in the end, the proxy's own answers among it: its router stands in front of the cluster. */
async function callUntilAnswered(
  cluster: UpstreamCluster,
  call: MetadataCall,
  environment: FetchEnvironment,
): Promise<Answered> {
  const { clock, random, signal } = environment;
  const total = new AbortController();
  const timer = clock.setTimer(TOTAL_MS, () => total.abort(new GivenUpError()));
  const limit = AbortSignal.any([total.signal, signal]);
  const retries = new RetryState(RETRY_POLICY, { retriesOverloaded: false });
  try {
    for (let attempt = 1; ; attempt++) {
      const { outcome, answer } = await tryOnce(cluster, call, { clock, signal: limit, isRetry: attempt > 1 });
      signal.throwIfAborted();
      if (total.signal.aborted || retries.decide(outcome) !== 'retry') return answer;
      await clock.sleep(retries.nextBackOffMs(random), limit);
    }
  } catch (error) {
    if (error instanceof GivenUpError) return timedOut('global').answer;
    throw error;
  } finally {
    timer.cancel();
  }
}

interface TryOptions extends Pick<CredentialEnvironment, 'clock' | 'signal'> {
  readonly isRetry: boolean;
}

async function tryOnce(cluster: UpstreamCluster, call: MetadataCall, options: TryOptions): Promise<Attempt> {
  const idle = new AbortController();
  let timer: Timer | undefined;
  const waitAgain = () => {
    timer?.cancel();
    timer = options.clock.setTimer(IDLE_MS, () => idle.abort(new GivenUpError()));
  };
  try {
    const signal = AbortSignal.any([idle.signal, options.signal]);
    const response = await cluster.send({
      headers: call.headers,
      body: undefined,
      signal,
      onConnected: waitAgain,
    });
    waitAgain();
    const body = await readAnswer(response.body, signal, waitAgain);
    const status = Number(response.headers.get(':status'));
    return {
      outcome: { kind: 'response', headers: response.headers },
      answer: { status, body: body.toString('utf8') },
    };
  } catch (error) {
    return describeFailure(error, options);
  } finally {
    timer?.cancel();
  }
}

async function readAnswer(content: UpstreamResponse['body'], signal: AbortSignal, onData: () => void): Promise<Buffer> {
  if (Buffer.isBuffer(content)) return content;
  const reading = readBody(content, MAX_BODY_BYTES);
  content.on('data', onData);
  const abandon = () => content.destroy();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    return await reading;
  } catch (error) {
    abandon();
    throw error;
  }
}

function describeFailure(error: unknown, { signal, isRetry }: TryOptions): Attempt {
  if (signal.aborted) return timedOut('global');
  if (error instanceof UpstreamError) {
    const { status, body } = replyToReset(error, { isRetry, addsEnvoyHeaders: false, tellsTransportFailure: true });
    return { outcome: { kind: 'reset', retryKind: error.retryKind }, answer: { status, body: String(body) } };
  }
  if (error instanceof BodyTooLargeError)
    return { outcome: { kind: 'reset', retryKind: 'none' }, answer: { status: 503, body: '' } };
  return timedOut('per-try');
}

function timedOut(scope: 'global' | 'per-try'): Attempt {
  const { status, body } = replyToTimeout(scope, false);
  return { outcome: { kind: 'per-try-timeout' }, answer: { status, body: String(body) } };
}
