import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findCauseArea } from '#harness/explain/cause-area.ts';
import { listCauses } from '#harness/explain/causes.ts';

test('docs/explain.md names every cause, and none that does not exist', () => {
  const text = readFileSync('docs/explain.md', 'utf8');
  const documented = Array.from(text.matchAll(/^\| `([a-z-]+)` +\|/gm), ([, cause]) => cause);
  expect(new Set(documented)).toEqual(new Set(listCauses().filter((cause) => cause !== 'unexplained')));
  expect(documented).toHaveLength(listCauses().length - 1);
});

test.each([
  ['host-port', 'signature'],
  ['access-key-inactive', 'credentials'],
  ['not-authorized', 'credentials'],
  ['route-timeout', 'timeout'],
  ['no-route', 'proxy'],
  ['connect-timeout', 'connection'],
  ['certificate-refused', 'connection'],
  ['secret-missing', 'connection'],
  ['push-rejected', 'sync'],
  ['function-throttled', 'lambda'],
])('%s is about %s', (cause, area) => {
  expect(findCauseArea(cause)).toBe(area);
});
