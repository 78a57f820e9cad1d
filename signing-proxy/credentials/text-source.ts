import type { DataSource } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { CredentialEnvironment } from './credential-environment.ts';

/** A text that the configuration points to. */
export interface TextSource {
  /** For logs: the file, or the kind of the source. */
  readonly name: string;
  /** The text as it is now; undefined when it cannot be read or is too long, which is logged. */
  read(): Promise<string | undefined>;
  /** Tells that the text may have changed, where the configuration watches a directory for that. */
  onChange(listener: () => void): void;
}

/** What Envoy reads of such a source at most (gateways.md 3.6). */
const MAX_BYTES = 4096;

/** @throws ConfigError when the source says nothing */
export function createTextSource(config: DataSource, context: CredentialEnvironment): TextSource {
  const { specifier, watchedDirectory } = config;
  switch (specifier.case) {
    case 'filename':
      return createFileSource(specifier.value, watchedDirectory?.path, context);
    case 'inlineString':
      return createFixedSource('<inline>', specifier.value);
    case 'inlineBytes':
      return createFixedSource('<inline>', Buffer.from(specifier.value).toString('utf8'));
    case 'environmentVariable':
      return createFixedSource(specifier.value, context.environment[specifier.value]);
    case undefined:
      throw new ConfigError('Unexpected DataSource::specifier_case(): 0');
  }
}

/** A file that is read whenever its text is asked for. */
export function createFileSource(
  path: string,
  watchedDirectory: string | undefined,
  { files, log, signal }: CredentialEnvironment,
): TextSource {
  return {
    name: path,
    async read() {
      try {
        const bytes = await files.read(path);
        if (bytes.length <= MAX_BYTES) return bytes.toString('utf8');
        log.warning('aws', `file ${path} size is ${bytes.length} bytes; maximum is ${MAX_BYTES}`);
      } catch {
        log.debug('aws', `Unable to read file ${path}`);
      }
      return undefined;
    },
    onChange(listener) {
      if (watchedDirectory === undefined || signal.aborted) return;
      const watch = files.watchDirectory(watchedDirectory, listener);
      signal.addEventListener('abort', () => watch[Symbol.dispose](), { once: true });
    },
  };
}

function createFixedSource(name: string, text: string | undefined): TextSource {
  return { name, read: async () => text, onChange() {} };
}
