import { expect, test } from 'vitest';
import { createTimeline, type TimelineFact } from '#core/timeline.ts';
import { readCredentialStory } from '#harness/explain/credential-story.ts';

const SOURCE = 'proxy "httpbin"';
const MINUTE = 60_000;

type Told = TimelineFact & { readonly source?: string };

/** The story of a request at minute 60, after what a signer and AWS told at their minutes. */
function read(told: readonly (readonly [minute: number, fact: Told])[]) {
  let now = 0;
  const timeline = createTimeline({ now: () => now });
  for (const [minute, fact] of told) {
    now = minute * MINUTE;
    timeline.emit({ source: SOURCE, ...fact });
  }
  now = 60 * MINUTE;
  return readCredentialStory(timeline.events(), { source: SOURCE, request: { seq: told.length + 1, at: now } });
}

const log = (text: string, level = 'debug'): Told => ({ type: 'log', level, component: 'aws', text });
const found = (accessKeyId: string): Told => ({
  type: 'credential',
  provider: 'web-identity',
  outcome: 'found',
  accessKeyId,
});
const failed: Told = { type: 'credential', provider: 'web-identity', outcome: 'failed', reason: 'Network' };
const refused = (code: string): Told => ({
  type: 'aws-answered',
  source: 'mock-aws',
  service: 'sts',
  operation: 'AssumeRoleWithWebIdentity',
  awsRequestId: 'r-1',
  status: 400,
  code,
});

test('a refusal of STS is told with its code, when it was and when the next attempt is', () => {
  const story = read([
    [0, found('ASIA1')],
    [58, refused('ExpiredTokenException')],
    [58, failed],
    [58, log('Metadata fetcher setting credential refresh to 3595s, based on default expiration')],
  ]);
  expect(story?.facts.story).toBe(
    'STS answered AssumeRoleWithWebIdentity with ExpiredTokenException 2m00s before; it asks again only 59m55s later',
  );
  expect(story?.facts.remedy).toMatch(/^mount the folder of the token/);
});

test('a fetch that failed without an answer is told by the log', () => {
  const text = 'fetch AWS Metadata failed: [cluster = sts_token_service_internal-us-east-1] not found';
  const story = read([
    [59, log(text, 'error')],
    [59, failed],
  ]);
  expect(story?.facts).toMatchObject({ story: `${text} 1m00s before`, credentialSource: 'web-identity' });
  expect(story?.facts.remedy).toMatch(/push of clusters/);
});

test('keys that came after a failure make it history', () => {
  const story = read([
    [10, failed],
    [20, found('ASIA2')],
  ]);
  expect(story?.facts.story).toMatch(/^proxy "httpbin" got its keys 40m00s before/);
});

test('keys that are used on after a failure are not newer', () => {
  const story = read([
    [0, found('ASIA1')],
    [58, refused('ValidationError')],
    [58, failed],
    [59, found('ASIA1')],
  ]);
  expect(story?.facts.story).toMatch(/^STS answered/);
});

test('first keys that are on their way are told apart from none', () => {
  const asked = log('Getting AWS web identity credentials from STS: sts.us-east-1.amazonaws.com:443');
  expect(read([[59, asked]])?.facts.story).toBe('its first keys were still on their way');
  expect(
    read([
      [59, asked],
      [59, log('Could not load AWS credentials document from STS', 'error')],
    ])?.facts.story,
  ).toMatch(/^Could not load/);
});

test('a file that somebody named and that is not there is told', () => {
  expect(read([[59, log('Unable to read from credential file ~/.aws/credentials')]])?.facts).toEqual({
    story: 'Unable to read from credential file ~/.aws/credentials',
    credentialSource: 'file',
  });
  expect(read([[59, log('Unable to read from credential file /.aws/credentials')]])).toBeUndefined();
});
