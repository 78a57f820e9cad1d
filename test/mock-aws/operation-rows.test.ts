import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { startMockAwsWorld, type MockAwsWorld, type RawAnswer, type RawRequest } from '#test/support/mock-aws-world.ts';

interface Row {
  readonly service: 'lambda' | 'iam' | 'sts';
  readonly case: string;
  readonly status: number;
  readonly code: string | null;
  readonly message_template: string | null;
  readonly body_format: string;
}

const ROWS = JSON.parse(readFileSync('fixtures/aws-errors/operations.json', 'utf8')) as Row[];
const KEPT = 'arn:aws:lambda:us-east-1:123456789012:function:cat';

const invoke = (name: string, rest: Partial<RawRequest> = {}): RawRequest => ({
  path: `/2015-03-31/functions/${name}/invocations`,
  ...rest,
});

const form = (service: 'iam' | 'sts', parameters: Record<string, string>): RawRequest => ({
  service,
  path: '/',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ Version: service === 'iam' ? '2010-05-08' : '2011-06-15', ...parameters }).toString(),
});

const create = (change: Record<string, unknown> = {}): RawRequest => ({
  path: '/2015-03-31/functions',
  body: JSON.stringify({
    FunctionName: 'new',
    Role: 'arn:aws:iam::123456789012:role/runner',
    Runtime: 'nodejs20.x',
    Handler: 'index.handler',
    Code: { ZipFile: zip('exports.handler = async () => 1') },
    ...change,
  }),
});

function zip(source: string): string {
  return Buffer.from(zipSync({ 'index.js': Buffer.from(source) })).toString('base64');
}

/** Runs a function of this source in a process of its own. */
const runSource = (source: string) => async (world: MockAwsWorld) => {
  await world.send(create({ FunctionName: 'real', Code: { ZipFile: zip(source) } }));
  return await world.send(invoke('real'));
};

/** One way to get each answer. */
const PROVOKE: Record<string, RawRequest | ((world: MockAwsWorld) => Promise<RawAnswer>)> = {
  'lambda/reserved-headers': invoke('cat', { headers: { 'x-amzn-vpc-id': 'vpc-1' } }),
  'lambda/unknown-operation': { method: 'GET', path: '/2015-03-31/functions/cat/invocations' },
  'lambda/access-denied-resource': invoke('arn:aws:lambda:us-east-1:999999999999:function:cat'),
  'lambda/invoke-missing-unqualified': invoke('dog'),
  'lambda/invoke-missing-qualifier': invoke('dog:live'),
  'lambda/get-missing': { method: 'GET', path: '/2015-03-31/functions/dog' },
  'lambda/wrong-region-arn': invoke('arn:aws:lambda:eu-west-1:123456789012:function:cat'),
  'lambda/qualifier-mismatch': { path: `/2015-03-31/functions/${KEPT}:1/invocations?Qualifier=2` },
  'lambda/name-pattern': invoke('c!t'),
  'lambda/payload-not-json': invoke('cat', { body: '{"a":' }),
  'lambda/payload-too-large-sync': invoke('cat', { body: Buffer.alloc(6_291_457, '1') }),
  'lambda/payload-too-large-event': invoke('cat', {
    headers: { 'x-amz-invocation-type': 'Event' },
    body: Buffer.alloc(262_145, '1'),
  }),
  async 'lambda/throttled-reserved'(world) {
    world.aws.lambda.setReservedConcurrency('cat', 0);
    return await world.send(invoke('cat'));
  },
  async 'lambda/invoke-pending'(world) {
    world.aws.lambda.createFunction({ name: 'slow', code: () => 1, creationDelayMs: 5000 });
    return await world.send(invoke('slow'));
  },
  'lambda/create-exists': create({ FunctionName: 'cat' }),
  'lambda/role-pattern': create({ Role: 'root' }),
  'lambda/runtime-end-of-life': create({ Runtime: 'nodejs14.x' }),
  'lambda/zip-bad': create({ Code: { ZipFile: Buffer.from('not a zip').toString('base64') } }),
  'lambda/function-error-node': runSource('exports.handler = async () => { throw new Error("no more lives") }'),
  async 'lambda/function-timeout'(world) {
    world.aws.lambda.createFunction({ name: 'slow', timeoutMs: 1000, code: (_, { clock }) => clock.sleep(5000) });
    return await world.send(invoke('slow'));
  },
  'lambda/function-exit': runSource('exports.handler = async () => process.exit(0)'),
  'lambda/function-exit-status': runSource('exports.handler = async () => process.exit(127)'),
  async 'lambda/function-answer-too-large'(world) {
    world.aws.lambda.createFunction({ name: 'large', code: () => 'x'.repeat(6_291_556) });
    return await world.send(invoke('large'));
  },
  'sts/action-unknown': form('sts', { Action: 'GetCaller' }),
  'sts/get-root': { service: 'sts', method: 'GET', path: '/', key: null },
  'iam/user-missing': form('iam', { Action: 'GetUser', UserName: 'nobody' }),
  'iam/access-key-missing': form('iam', { Action: 'DeleteAccessKey', UserName: 'gateway', AccessKeyId: 'AKIANONE' }),
  'iam/user-exists': form('iam', { Action: 'CreateUser', UserName: 'gateway' }),
  async 'iam/access-key-limit'(world) {
    world.aws.iam.createAccessKey('gateway');
    return await world.send(form('iam', { Action: 'CreateAccessKey', UserName: 'gateway' }));
  },
  'iam/delete-with-keys': form('iam', { Action: 'DeleteUser', UserName: 'gateway' }),
  'iam/key-last-used-missing': form('iam', { Action: 'GetAccessKeyLastUsed', AccessKeyId: 'AKIANONE' }),
};

test.each(ROWS)('$service answers $case as AWS does', async (row) => {
  await using world = await startMockAwsWorld();
  world.aws.lambda.createFunction({ name: 'cat', code: () => 'meow' });
  const provoke = PROVOKE[`${row.service}/${row.case}`];
  if (provoke === undefined) throw new Error(`no request provokes ${row.service}/${row.case}`);
  const answer = typeof provoke === 'function' ? await provoke(world) : await world.send(provoke);
  expect(answer.status).toBe(row.status);
  expect(readCode(answer, row)).toBe(row.code);
  expect(readText(answer, row)).toMatch(toPattern(row));
});

function readCode({ headers, body }: RawAnswer, row: Row): string | null {
  if (row.body_format === 'function-error') return String(headers['x-amz-function-error']);
  if (row.body_format === 'query-xml') return /<Code>(.*)<\/Code>/.exec(body)?.[1] ?? null;
  const type = headers['x-amzn-errortype'];
  return typeof type === 'string' ? type : null;
}

/** The text of the answer, after its body was held against the form of the row. */
function readText({ body }: RawAnswer, row: Row): string {
  if (row.body_format === 'query-xml') return unescapeXml(/<Message>(.*)<\/Message>/.exec(body)?.[1] ?? '');
  if (!row.body_format.startsWith('json-')) return body;
  const { message, Message, Type, ...rest } = JSON.parse(body) as Record<string, string>;
  expect(message === undefined).toBe(row.body_format.includes('Message'));
  expect(Type).toBe(row.body_format.endsWith('-type') ? 'User' : undefined);
  expect(Object.keys(rest)).toEqual(row.case === 'throttled-reserved' ? ['Reason'] : []);
  return message ?? Message ?? '';
}

function unescapeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** `{placeholders}` stand for anything; everything else is literal. */
function toPattern(row: Row): RegExp {
  const parts = (row.message_template ?? '').split(/\{[a-z_0-9]+\}/);
  const literal = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${literal.join('[^]*')}$`);
}
