import { messageOf } from '#core/errors.ts';
import type { ConfigSource, SdsSecretConfig } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyFiles } from '../files.ts';
import type { ProxyLog } from '../log.ts';
import type { Accepted } from '../resources/accepted.ts';
import { Latch } from '../resources/latch.ts';
import { getFetchTimeoutMs } from '../resources/fetch-timeout.ts';
import type { NamedResources, Watch } from '../resources/named-resources.ts';
import { parseFileSecret, watchFolders, type FileSecret } from './file-secrets.ts';
import type { LocalSecrets } from './local-secrets.ts';
import type { CompiledSecret } from './types.ts';

/** Where the secrets named in TLS contexts come from. */
export interface SecretSources {
  /** Watches a secret; `onChange` is called for every later value. */
  watch(config: SdsSecretConfig, onChange: () => void): Watch<CompiledSecret>;
}

export interface SecretSourcesOptions {
  readonly local: LocalSecrets;
  /** Secrets that the control plane sends. */
  readonly discovered: NamedResources<Accepted<CompiledSecret>>;
  /** What the agent can read. */
  readonly files: ProxyFiles;
  readonly log: Pick<ProxyLog, 'warning'>;
}

/** The name of the agent's socket in the configurations that istiod sends. */
const AGENT_CLUSTER = 'sds-grpc';

export function createSecretSources(options: SecretSourcesOptions): SecretSources {
  const { discovered } = options;
  return {
    watch({ name, sdsConfig }, onChange) {
      if (isAnsweredLocally(name, sdsConfig)) return watchLocal(options, name, onChange);
      const watch = discovered.watch(name, { initialFetchTimeoutMs: getFetchTimeoutMs(sdsConfig), onChange });
      return { ...watch, current: () => watch.current()?.value, [Symbol.dispose]: () => watch[Symbol.dispose]() };
    },
  };
}

/**
 * Refuses a source that this proxy cannot ask, before a listener or cluster is accepted.
 *
 * @throws ConfigError
 */
export function checkSecretSource({ name, sdsConfig }: SdsSecretConfig): void {
  const specifier = sdsConfig?.configSourceSpecifier;
  if (specifier === undefined) throw new ConfigError(`Unknown static secret: ${name}`);
  if (specifier.case === 'ads' || isAnsweredLocally(name, sdsConfig)) return;
  throw new ConfigError(
    `Secret "${name}" comes from a config source that is not supported: ${specifier.case ?? 'none'}`,
  );
}

function isAnsweredLocally(name: string, source: ConfigSource | undefined): boolean {
  if (name === 'default' || name === 'ROOTCA') return true;
  if (source?.configSourceSpecifier.case !== 'apiConfigSource') return false;
  const { grpcServices, clusterNames } = source.configSourceSpecifier.value;
  const names = grpcServices.flatMap(({ targetSpecifier }) =>
    targetSpecifier.case === 'envoyGrpc' ? [targetSpecifier.value.clusterName] : [],
  );
  return [...names, ...clusterNames].includes(AGENT_CLUSTER);
}

/**
 * The agent answers at once, so a local secret never keeps anything warming. Without one, or with one that cannot be used,
 * handshakes fail.
 */
function watchLocal(options: SecretSourcesOptions, name: string, onChange: () => void): Watch<CompiledSecret> {
  const file = parseFileSecret(name);
  if (file !== undefined) return watchFiles(file, options, { name, onChange });
  const { local, log } = options;
  const arrived = new Latch();
  arrived.open();
  const subscription = local.onChange(onChange);
  const current = () => {
    try {
      return local.find(name);
    } catch (error) {
      log.warning('config', `secret ${name}: ${messageOf(error)}`);
      return undefined;
    }
  };
  return { name, arrived, current, [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}

/** The agent sends what it can read: until files that change fit together again, the last that did stay in use. */
function watchFiles(
  file: FileSecret,
  { files, log }: SecretSourcesOptions,
  { name, onChange }: { readonly name: string; readonly onChange: () => void },
): Watch<CompiledSecret> {
  const arrived = new Latch();
  arrived.open();
  let current: CompiledSecret | undefined;
  function read(): boolean {
    try {
      current = file.read(files);
      return true;
    } catch (error) {
      log.warning('config', `secret ${name}: ${messageOf(error)}`);
      return false;
    }
  }
  read();
  const watch = watchFolders(file, files, () => void (read() && onChange()));
  return { name, arrived, current: () => current, [Symbol.dispose]: () => watch[Symbol.dispose]() };
}
