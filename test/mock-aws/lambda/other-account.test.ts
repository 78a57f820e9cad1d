import { expect, test } from 'vitest';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';

const OTHER = '210987654321';
const ARN = `arn:aws:lambda:us-east-1:${OTHER}:function:cat`;
const invoke = (name: string) => ({ path: `/2015-03-31/functions/${name}/invocations`, method: 'POST', body: '{}' });

async function startWorld() {
  const world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', accountId: OTHER, code: () => 'meow' });
  return world;
}

test('a function that another account shares is invoked by its ARN', async () => {
  await using world = await startWorld();
  expect(await world.send(invoke(ARN))).toMatchObject({ status: 200, body: '"meow"' });
});

test('a name alone means a function of the own account', async () => {
  await using world = await startWorld();
  const answer = await world.send(invoke('cat'));
  expect(answer.status).toBe(404);
  expect(answer.body).toContain('Function not found: arn:aws:lambda:us-east-1:123456789012:function:cat:$LATEST');
  expect(world.aws.lambda.listFunctions()).toEqual([]);
});

test('a function that another account does not share is denied', async () => {
  await using world = await startWorld();
  const answer = await world.send(invoke(ARN.replace('cat', 'dog')));
  expect(answer.status).toBe(403);
  expect(answer.body).toContain('because no resource-based policy allows the lambda:InvokeFunction action');
});
