import { expect, test } from 'vitest';
import { startMockAwsWorld, type MockAwsWorld } from '#test/support/mock-aws-world.ts';

const WHO = '/?Action=GetCallerIdentity&Version=2011-06-15';
const ask = (world: MockAwsWorld) => world.send({ service: 'sts', method: 'GET', path: WHO });

test('STS fails as often as it is told to, in its own words', async () => {
  await using world = await startMockAwsWorld();
  world.aws.sts.fail({ kind: 'status', status: 500 }, { after: 1, times: 1 });
  const answers = [await ask(world), await ask(world), await ask(world)];
  expect(answers.map(({ status }) => status)).toEqual([200, 500, 200]);
  expect(answers[1]?.body).toContain('<Type>Receiver</Type>\n    <Code>InternalFailure</Code>');
});

test('slow STS answers late', async () => {
  await using world = await startMockAwsWorld();
  const startedAt = world.clock.now();
  world.aws.sts.fail({ kind: 'slow', delayMs: 2000 });
  expect((await ask(world)).status).toBe(200);
  expect(world.clock.now() - startedAt).toBe(2000);
});

test('an answer that is cut off has the length it has', async () => {
  await using world = await startMockAwsWorld();
  world.aws.sts.fail({ kind: 'malformed' });
  const { status, body, headers } = await ask(world);
  expect(status).toBe(200);
  expect(body).toContain('<GetCallerIdentityResponse');
  expect(body).not.toContain('</GetCallerIdentityResponse>');
  expect(headers['content-length']).toBe(String(body.length));
});

test('a connection to STS can be reset', async () => {
  await using world = await startMockAwsWorld();
  world.aws.sts.fail({ kind: 'reset' });
  await expect(ask(world)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('failures leave the other services alone', async () => {
  await using world = await startMockAwsWorld();
  world.aws.sts.fail({ kind: 'silent' });
  expect((await world.send({ method: 'GET', path: '/2015-03-31/functions' })).status).toBe(200);
});
