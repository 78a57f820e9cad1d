import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const ACTIONS = [
  'AssumeRole',
  'AssumeRoleWithWebIdentity',
  'GetCallerIdentity',
  'GetSessionToken',
  'CreateRole',
  'PutRolePolicy',
  'CreateOpenIDConnectProvider',
  'ListRoles',
];
const MEMBERS = [
  'RoleArn',
  'RoleSessionName',
  'WebIdentityToken',
  'DurationSeconds',
  'Policy',
  'PolicyArns.member.1.arn',
  'Tags.member.1.Key',
  'TransitiveTagKeys.member.1',
  'RoleName',
  'PolicyName',
  'PolicyDocument',
  'AssumeRolePolicyDocument',
  'MaxSessionDuration',
  'Url',
  'ClientIDList.member.1',
  'ThumbprintList.member.1',
  'Marker',
  'MaxItems',
];

const bytes = fc.uint8Array({ maxLength: 30 }).map((value) => Buffer.from(value).toString('latin1'));
const value = fc.oneof(bytes, fc.json({ maxDepth: 2 }), fc.integer().map(String), fc.constant('arn:aws:iam::1:role/x'));
const query = fc.record({
  action: fc.constantFrom(...ACTIONS),
  members: fc.dictionary(fc.constantFrom(...MEMBERS), value, { maxKeys: 6 }),
  tail: fc.stringMatching(/^[&=%a-f0-9]{0,10}$/),
  isJson: fc.boolean(),
});

const isAction = (action: string, service: 'sts' | 'iam') => ACTIONS.indexOf(action) < 4 === (service === 'sts');

function isDocument(body: string, isJson: boolean): boolean {
  if (isJson) return typeof JSON.parse(body) === 'object';
  return (
    /^<(\w+) xmlns="[^"]+">[^]*<\/\1>\n$/.test(body) &&
    !/(?![\t\n\r])\p{Cc}/u.test(body.replace(/[\u007f-\u009f]/g, ''))
  );
}

test('no query makes STS or IAM crash or hang, and each answer is a document of its kind', async () => {
  await using world = await startMockAwsWorld();
  await fc.assert(
    fc.asyncProperty(query, async ({ action, members, tail, isJson }) => {
      const service = isAction(action, 'sts') ? 'sts' : 'iam';
      const version = service === 'sts' ? '2011-06-15' : '2010-05-08';
      const body = `${new URLSearchParams({ Action: action, Version: version, ...members }).toString()}${tail}`;
      const accept: Record<string, string> = isJson ? { accept: 'application/json' } : {};
      const headers = { 'content-type': 'application/x-www-form-urlencoded', ...accept };
      const answer = await world.send({ service, path: '/', headers, body });
      expect(answer.status).toBeLessThan(500);
      expect(isDocument(answer.body, isJson)).toBe(true);
    }),
    { numRuns: 60 },
  );
  expect(world.timeline.events().filter(({ type }) => type === 'log')).toEqual([]);
});
