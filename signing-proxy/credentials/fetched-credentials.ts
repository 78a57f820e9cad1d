import type { Instant, Timer } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { ChainProvider } from './credential-chain.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import type { InternalCluster } from './internal-clusters.ts';
import { MetadataFetchError } from './metadata-fetcher.ts';
import type { Credentials } from './types.ts';

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 32_000;
/** After its cluster serves, Envoy lets its event loop turn once. */
const START_MS = 1;

/** Keys that a fetch brought. */
export interface FetchedKeys {
  readonly credentials: Credentials | undefined;
  /** When they lapse, if the source said so. */
  readonly expiresAt?: Instant | undefined;
}

/** Somewhere to fetch keys from. */
export interface FetchSource {
  /** What the timeline calls it: `web-identity`. */
  readonly name: string;
  readonly cluster: InternalCluster;
  /** Logs why when it fails. @throws MetadataFetchError or another error, or the signal's reason */
  fetch(): Promise<FetchedKeys>;
}

/**
 * Keys that are fetched in the background and renewed by a timer (gateways.md 3.8).
 *
 * The timer is set to the very moment of expiry, so that requests during the next fetch are signed with keys that have
 * just lapsed (B39), unless the release makes them wait. A first fetch that fails is repeated after 2, 4, 8, 16 and 32 s;
 * a later one only when the time of a fetch without expiry is over (B30).
 */
export function createFetchedCredentials(source: FetchSource, environment: CredentialEnvironment): ChainProvider {
  const { clock, log, stats, signal, dialect, internalClusters } = environment;
  const rules = dialect.credentials;
  const count = (name: string) => stats.find(`aws.metadata_credentials_provider.${source.cluster.name}.${name}`);
  let keys: FetchedKeys = { credentials: undefined };
  let isReady = false;
  let retryMs = FIRST_RETRY_MS;
  let timer: Timer | undefined;
  let pending: Pending | undefined = createPending();
  count('metadata_refresh_state').value = 0;
  count('credential_refreshes_succeeded');
  count('credential_refreshes_failed');

  async function refresh(): Promise<void> {
    count('credential_refreshes_performed').value++;
    pending ??= createPending();
    try {
      keys = await source.fetch();
      accept();
    } catch (error) {
      if (signal.aborted) return;
      refuse(error);
    }
    schedule();
    settle();
  }

  function accept(): void {
    isReady = true;
    count('metadata_refresh_state').value = 1;
    count('credential_refreshes_succeeded').value++;
    report(source, environment, keys);
  }

  function refuse(error: unknown): void {
    count('credential_refreshes_failed').value++;
    const reason = error instanceof MetadataFetchError ? error.reason : messageOf(error);
    environment.timeline.emit({
      type: 'credential',
      source: environment.source,
      provider: source.name,
      outcome: 'failed',
      reason,
    });
    if (rules.afterFailedRefresh === 'keep') return;
    log.debug('aws', 'Error retrieving credentials, settings anonymous credentials');
    keys = { credentials: undefined, expiresAt: keys.expiresAt };
  }

  function schedule(): void {
    const delayMs = chooseDelay();
    timer = clock.setTimer(delayMs, () => void refresh());
  }

  function chooseDelay(): number {
    if (!isReady) {
      const delayMs = retryMs;
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      log.debug('aws', `Metadata fetcher initialization failed, retrying in ${delayMs / 1000}s`);
      return delayMs;
    }
    // Whole seconds, as Envoy's timer counts; less than one is taken for none.
    const lifeMs = Math.floor(((keys.expiresAt ?? 0) - clock.now()) / 1000) * 1000;
    const basis = lifeMs > 0 ? 'credential' : 'default';
    const delayMs = lifeMs > 0 ? lifeMs : rules.defaultRefreshMs;
    log.debug('aws', `Metadata fetcher setting credential refresh to ${delayMs / 1000}s, based on ${basis} expiration`);
    return delayMs;
  }

  function settle(): void {
    pending?.settle();
    pending = undefined;
  }

  signal.addEventListener(
    'abort',
    () => {
      timer?.cancel();
      settle();
    },
    { once: true },
  );
  internalClusters.add(source.cluster, () => {
    if (timer === undefined && !signal.aborted) timer = clock.setTimer(START_MS, () => void refresh());
  });

  return {
    source: source.name,
    isPending: () => pending !== undefined,
    getCredentials() {
      if (pending === undefined || rules.whilePending === 'unsigned') return keys.credentials;
      return pending.settled.then(() => keys.credentials);
    },
  };
}

interface Pending {
  readonly settled: Promise<void>;
  settle(): void;
}

function createPending(): Pending {
  let settle = () => {};
  const settled = new Promise<void>((resolve) => (settle = resolve));
  return { settled, settle: () => settle() };
}

function report(source: FetchSource, environment: CredentialEnvironment, keys: FetchedKeys): void {
  const { credentials, expiresAt } = keys;
  environment.timeline.emit({
    type: 'credential',
    source: environment.source,
    provider: source.name,
    outcome: credentials === undefined ? 'missing' : 'found',
    ...(credentials !== undefined && { accessKeyId: credentials.accessKeyId }),
    ...(expiresAt !== undefined && { expiresAt }),
  });
}
