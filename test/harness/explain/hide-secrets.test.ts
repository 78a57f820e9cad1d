import { expect, test } from 'vitest';
import { hideSecrets } from '#harness/explain/hide-secrets.ts';

test.each([
  ["Authorization header: 'Bearer eyJhbGciOi.x.y'.", "Authorization header: 'Bearer (hidden)'."],
  ['GET /?X-Amz-Security-Token=AQoEXAMPLE&a=b', 'GET /?X-Amz-Security-Token=(hidden)&a=b'],
  ['AWS_SECRET_ACCESS_KEY=wJalr/x AWS_SESSION_TOKEN=AQo', 'AWS_SECRET_ACCESS_KEY=(hidden) AWS_SESSION_TOKEN=(hidden)'],
  ['"SecretAccessKey": "wJalr", "AccessKeyId": "AKID"', '"SecretAccessKey": "(hidden)", "AccessKeyId": "AKID"'],
  ['<SessionToken>AQo</SessionToken>', '<SessionToken>(hidden)</SessionToken>'],
  ['AWS_SECRET_ACCESS_KEY=*****', 'AWS_SECRET_ACCESS_KEY=*****'],
])('%s is shown as %s', (text, shown) => {
  expect(hideSecrets(text)).toBe(shown);
});
