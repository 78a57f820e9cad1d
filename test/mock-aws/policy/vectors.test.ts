import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parsePermissionPolicy } from '#mock-aws/policy/parse-policy.ts';

interface Vector {
  readonly case: string;
  readonly what: string;
  readonly policy_document: unknown;
  readonly recorded_error?: { readonly message: string };
}

const VECTORS = JSON.parse(readFileSync('fixtures/policy-vectors/create-policy.json', 'utf8')) as Vector[];

const fill = (text: string) => text.replaceAll('<partition>', 'aws').replaceAll('<region>', 'us-east-1');

function judge(text: string): string {
  try {
    parsePermissionPolicy(text);
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test.each(VECTORS)('$case: $what', ({ policy_document: document, recorded_error: recorded }) => {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  expect(judge(fill(text))).toBe(recorded === undefined ? 'accepted' : fill(recorded.message));
});
