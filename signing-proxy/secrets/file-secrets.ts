import { create } from '@bufbuild/protobuf';
import { dirname } from 'node:path';
import { CertificateValidationContextSchema } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyFiles } from '../files.ts';
import { compileValidation, createCertificate } from './compile-secret.ts';
import type { SourceText } from './data-source.ts';
import type { CompiledSecret } from './types.ts';

/** A secret that the Istio agent reads from files, by its name. */
export interface FileSecret {
  readonly paths: readonly string[];
  /** @throws ConfigError when a file is missing or cannot be used */
  read(files: ProxyFiles): CompiledSecret;
}

const CERTIFICATE = /^file-cert:(?<chain>[^~]+)~(?<key>.+)$/;
const ROOT = /^file-root:(?<path>.+)$/;
const SYSTEM_ROOTS = 'file-root:system';

/** Reads `file-cert:<chain>~<key>` and `file-root:<path>`; undefined for other names. */
export function parseFileSecret(name: string): FileSecret | undefined {
  if (name === SYSTEM_ROOTS) return undefined;
  const { chain, key } = CERTIFICATE.exec(name)?.groups ?? {};
  if (chain !== undefined && key !== undefined) {
    return {
      paths: [chain, key],
      read: (files) => createCertificate(readText(chain, files), readText(key, files)),
    };
  }
  const path = ROOT.exec(name)?.groups?.['path'];
  return path === undefined ? undefined : { paths: [path], read: (files) => readRoot(path, files) };
}

/** Calls when anything has changed in a folder that one of the files is in. */
export function watchFolders({ paths }: FileSecret, files: ProxyFiles, onChange: () => void): Disposable {
  const watches = [...new Set(paths.map((path) => dirname(path)))].map((folder) =>
    files.watchDirectory(folder, onChange),
  );
  return {
    [Symbol.dispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
}

function readRoot(path: string, files: ProxyFiles): CompiledSecret {
  const trusted = readText(path, files);
  return compileValidation(create(CertificateValidationContextSchema), trusted);
}

function readText(path: string, files: ProxyFiles): SourceText {
  try {
    return { text: files.readNow(path).toString('latin1'), origin: path };
  } catch (cause) {
    throw new ConfigError(`Invalid path: ${path}`, { cause });
  }
}
