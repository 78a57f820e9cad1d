import { expect, test } from 'vitest';
import { createCanonicalDiff } from '#harness/explain/canonical-diff.ts';
import { renderCanonicalDiff } from '#harness/explain/render-canonical-diff.ts';
import { applyEdit, parseSigningParts, type PartsEdit, type SigningParts } from '#harness/explain/signing-parts.ts';

const PAYLOAD_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const checked = parse(
  ['GET', '/', '', 'accept:*/*', 'host:name', 'x-long:calm', '', 'accept;host;x-long', PAYLOAD_HASH].join('\n'),
);

const render = (edit: PartsEdit, options?: { color: boolean }) => {
  const names = { signedBy: 'proxy "a"', checkedBy: 'lambda' };
  const lines = renderCanonicalDiff(createCanonicalDiff(applyEdit(checked, edit), checked, names), options);
  return lines.slice(1, -1);
};

test('counts runs of equal lines', () => {
  expect(render({ path: '/cat' })).toEqual([
    '    GET',
    '  - /cat',
    '     ^^^',
    '  + /',
    '    (no query)',
    '    ... 3 equal headers, equal signed headers, equal payload hash',
  ]);
});

test('shows a header that one side lacks without carets', () => {
  expect(render({ headers: { accept: undefined } })).toContain('  + accept:*/*');
});

test('spells characters that can not be seen', () => {
  expect(render({ headers: { accept: '*/* \t\u00e9' } })).toContain('  - accept:*/* \\t\\xe9');
});

test('cuts long lines around their first difference', () => {
  const long = `${'a'.repeat(120)}1${'b'.repeat(120)}`;
  const lines = render({ headers: { 'x-long': long } });
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(77);
});

test('shows the lines of the string to sign that differ', () => {
  expect(render({ stamp: '20150830T123601Z' })).toEqual([
    '    GET',
    '    /',
    '    (no query)',
    '    ... 3 equal headers, equal signed headers, equal payload hash',
    '  - date 20150830T123601Z',
    '                       ^',
    '  + date 20150830T123600Z',
    '                       ^',
  ]);
});

test('hides session tokens', () => {
  expect(render({ headers: { 'x-amz-security-token': 'token' } })).toContain('  - x-amz-security-token:(hidden)');
});

test('marks differences by colour when asked', () => {
  const lines = render({ method: 'PUT' }, { color: true });
  expect(lines[0]).toContain('\u001B[31m');
  expect(lines.join('')).not.toContain('^');
});

function parse(canonicalRequest: string): SigningParts {
  const parts = parseSigningParts(
    canonicalRequest,
    'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/lambda/aws4_request\nhash',
  );
  if (parts === undefined) throw new TypeError('not a canonical request');
  return parts;
}
