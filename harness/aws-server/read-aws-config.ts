import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { explainIssue } from '#control-plane/kube/explain-issue.ts';
import type { ManifestProblem } from '#control-plane/kube/manifest-problem.ts';
import { createSourceMap, type SourceMap } from '#control-plane/kube/source-map.ts';
import { MeshrigError, messageOf, systemCodeOf } from '#core/errors.ts';
import { awsConfigSchema, type AwsConfig } from './aws-config.ts';

/**
 * Reads the YAML or JSON file of `meshrig aws --config`.
 *
 * @throws MeshrigError `UNREADABLE_FILE`; `INVALID_CONFIG` with file, line, column and the nearest known name
 */
export async function readAwsConfig(file: string): Promise<AwsConfig> {
  const text = await readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  // The file may hold secret keys, so no complaint about it shows a value.
  const source = createSourceMap({ file, text, document, lines, holdsSecret: true });
  const [mistake] = document.errors;
  if (mistake !== undefined)
    throw createConfigError({ location: source.locateRange(...mistake.pos), text: headline(mistake.message) });
  const parsed = awsConfigSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw createConfigError(findFirstProblem(parsed.error, source));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const fact = systemCodeOf(cause) === 'ENOENT' ? 'it does not exist' : messageOf(cause);
    throw new MeshrigError('UNREADABLE_FILE', `Failed to read file "${file}": ${fact}`, { cause });
  }
}

function findFirstProblem(error: z.ZodError, source: SourceMap): ManifestProblem {
  const context = { source, schema: awsConfigSchema, kind: 'config', root: [], holdsSecret: true };
  // A name that was misspelt is missing too; the misspelling says more.
  const issues = error.issues.toSorted(
    (a, b) => Number(b.code === 'unrecognized_keys') - Number(a.code === 'unrecognized_keys'),
  );
  const [problem] = issues.flatMap((issue) => explainIssue(issue, context));
  return problem ?? { location: source.locateValue([]), text: error.message };
}

/** The YAML parser's message goes on with a drawing of the place, which we draw ourselves. */
function headline(message: string): string {
  return message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message;
}

function createConfigError({ location, text }: ManifestProblem): MeshrigError {
  return new MeshrigError('INVALID_CONFIG', text, { location });
}
