import { readFileSync } from 'node:fs';
import type { DataSource } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';

/** The text of a data source with the name Envoy's messages call it by. */
export interface SourceText {
  readonly text: string;
  /** The file, or `<inline>`. */
  readonly origin: string;
}

/** @throws ConfigError when the file cannot be read, or the source is of a kind this proxy has not */
export function readDataSource(source: DataSource | undefined): SourceText | undefined {
  const specifier = source?.specifier;
  switch (specifier?.case) {
    case undefined:
      return undefined;
    case 'inlineBytes':
      return { text: Buffer.from(specifier.value).toString('latin1'), origin: '<inline>' };
    case 'inlineString':
      return { text: specifier.value, origin: '<inline>' };
    case 'filename':
      return { text: readText(specifier.value), origin: specifier.value };
    case 'environmentVariable':
      throw new ConfigError(`DataSource from environment variable "${specifier.value}" is not supported`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    throw new ConfigError(`Invalid path: ${path}`, { cause });
  }
}
