import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { RegexMatcherSchema } from '#xds/generated/messages.js';
import { compileFullMatch } from '#signing-proxy/routing/regex.ts';

/** Each would take longer than anybody waits if it were searched by backtracking alone. */
test.each([
  ['(a+)+b', 'a'.repeat(60)],
  ['(a|aa)+[0-9]{1,3}x?', 'a'.repeat(200)],
  ['/(\\w+/?)+\\b!', `/${'ab'.repeat(40)}`],
  ['(.*)*x', 'a'.repeat(60)],
])('matches %s in bounded time, as RE2 does', (regex, text) => {
  expect(compileFullMatch(create(RegexMatcherSchema, { regex })).test(text)).toBe(false);
});
