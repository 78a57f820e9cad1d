import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { invalidParameterValue } from './lambda-errors.ts';

/** A function's files, read from the zip it was created with. */
export interface CodeArchive {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Base64 SHA-256 of the zip. */
  readonly sha256: string;
  readonly size: number;
}

const MAX_UNZIPPED_BYTES = 262_144_000;

/** @throws ServiceError with the texts of aws.md 2.7 */
export function readCodeArchive(zip: Uint8Array): CodeArchive {
  const files = new Map<string, Uint8Array>();
  for (const [name, content] of Object.entries(unzip(zip))) {
    if (name.endsWith('/')) continue;
    if (!staysInside(name)) throw badZip();
    files.set(name, content);
  }
  return { files, sha256: createHash('sha256').update(zip).digest('base64'), size: zip.length };
}

/** A temporary folder with a function's files. */
export interface ExtractedCode {
  readonly folder: string;
  remove(): void;
}

/** Writes the files to a new temporary folder, for processes to run from. */
export function extractCode(archive: CodeArchive): ExtractedCode {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-function-'));
  for (const [name, content] of archive.files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The announced sizes are counted before anything is inflated, so that a small zip can't fill the memory. */
function unzip(zip: Uint8Array): Record<string, Uint8Array> {
  let announcedBytes = 0;
  const fits = ({ originalSize }: { originalSize: number }) => (announcedBytes += originalSize) <= MAX_UNZIPPED_BYTES;
  const files = unzipOrRefuse(zip, fits);
  if (announcedBytes > MAX_UNZIPPED_BYTES) {
    throw invalidParameterValue(`Unzipped size must be smaller than ${MAX_UNZIPPED_BYTES} bytes`);
  }
  return files;
}

function unzipOrRefuse(
  zip: Uint8Array,
  filter: (file: { originalSize: number }) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(zip, { filter });
  } catch {
    throw badZip();
  }
}

function staysInside(name: string): boolean {
  const path = normalize(name);
  return !path.startsWith('..') && !path.startsWith(sep) && !name.includes('\0');
}

function badZip(): Error {
  return invalidParameterValue('Could not unzip uploaded file. Please check your file, then try to upload again.');
}
