import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { createSourceMap, type SourceMap } from '#control-plane/kube/source-map.ts';
import { MeshrigError, messageOf, systemCodeOf } from '#core/errors.ts';
import { BootstrapSchema, type Bootstrap } from '#xds/generated/messages.js';
import { fromProtoJson } from '#xds/proto-json.ts';
import { findProtoJsonMistake } from './find-proto-json-mistake.ts';

/** A bootstrap with the places its parts were written at. */
export interface BootstrapFile {
  readonly bootstrap: Bootstrap;
  readonly source: SourceMap;
}

/**
 * Reads an Envoy bootstrap, YAML or JSON.
 *
 * @throws MeshrigError `UNREADABLE_FILE`; `INVALID_CONFIG` with file, line, column and the nearest known name
 */
export async function readBootstrap(file: string): Promise<BootstrapFile> {
  const text = await readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  // Certificates come with their private keys.
  const source = createSourceMap({ file, text, document, lines, holdsSecret: text.includes('PRIVATE KEY') });
  const [mistake] = document.errors;
  if (mistake !== undefined)
    throw new MeshrigError('INVALID_CONFIG', headline(mistake.message), {
      location: source.locateRange(...mistake.pos),
    });
  const json: unknown = document.toJS() ?? {};
  try {
    return { bootstrap: fromProtoJson(BootstrapSchema, json), source };
  } catch (error) {
    throw explainMistake(json, source, error);
  }
}

function explainMistake(json: unknown, source: SourceMap, cause: unknown): MeshrigError {
  const mistake = findProtoJsonMistake(BootstrapSchema, json);
  if (mistake === undefined)
    return new MeshrigError('INVALID_CONFIG', messageOf(cause), { location: source.locateValue([]), cause });
  const { path, text, isKey, nearest } = mistake;
  const remark = nearest === undefined ? undefined : `did you mean "${nearest}"?`;
  const location = isKey ? source.locateKey(path, remark) : source.locateValue(path, remark);
  return new MeshrigError('INVALID_CONFIG', text, { location, cause });
}

/** The YAML parser's message goes on with a drawing of the place, which we draw ourselves. */
function headline(message: string): string {
  return message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const fact = systemCodeOf(cause) === 'ENOENT' ? 'it does not exist' : messageOf(cause);
    throw new MeshrigError('UNREADABLE_FILE', `Failed to read file "${file}": ${fact}`, { cause });
  }
}
