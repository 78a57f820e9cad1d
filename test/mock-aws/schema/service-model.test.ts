import { NormalizedSchema } from '@smithy/core/schema';
import * as lambdaClient from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { findInvokePath } from '#mock-aws/lambda/invoke-request.ts';
import * as lambdaErrors from '#mock-aws/lambda/lambda-errors.ts';
import { parseFormInput, writeQueryAnswer } from '#mock-aws/schema/query-form.ts';
import { createRestJsonProtocol } from '#mock-aws/schema/rest-json.ts';
import { loadServiceModel } from '#mock-aws/schema/service-model.ts';
import type { ServiceError } from '#mock-aws/service-error.ts';

test.each([
  ['lambda', 88],
  ['iam', 180],
  ['sts', 11],
] as const)('the SDK describes every operation of %s', (service, count) => {
  expect(loadServiceModel(service).operations.size).toBe(count);
});

test('Invoke, which is recognised by hand, is where the schema says', () => {
  const { http, input } = loadServiceModel('lambda').operations.get('Invoke') ?? {};
  const [method = '', template = ''] = http ?? [];
  expect(findInvokePath(method, `${template.replace('{FunctionName}', 'cat')}?Qualifier=1`)).toEqual({
    label: 'cat',
    query: 'Qualifier=1',
  });
  const headers = Array.from(input?.structIterator() ?? [], ([, member]) => member.getMergedTraits().httpHeader);
  expect(headers).toEqual(expect.arrayContaining(['X-Amz-Invocation-Type', 'X-Amz-Log-Type', 'X-Amz-Client-Context']));
});

const testError = (schemaReference: Parameters<typeof NormalizedSchema.of>[0], error: ServiceError) =>
  test(`${error.code} has the status and the members of its schema`, () => {
    const schema = NormalizedSchema.of(schemaReference);
    const members = Array.from(schema.structIterator(), ([member]) => member);
    const { status, details = {}, member = 'message' } = error.failure;
    expect(status).toBe(schema.getMergedTraits()['httpError']);
    expect(members).toEqual(expect.arrayContaining([...Object.keys(details), member]));
  });

testError(lambdaClient.ResourceNotFoundException$, lambdaErrors.resourceNotFound('x'));
testError(lambdaClient.InvalidParameterValueException$, lambdaErrors.invalidParameterValue('x'));
testError(lambdaClient.ResourceConflictException$, lambdaErrors.resourceConflict('x'));
testError(lambdaClient.InvalidRequestContentException$, lambdaErrors.invalidRequestContent('x'));
testError(lambdaClient.RequestTooLargeException$, lambdaErrors.requestTooLarge('x'));
testError(lambdaClient.TooManyRequestsException$, lambdaErrors.throttled('ConcurrentInvocationLimitExceeded'));

const lambda = createRestJsonProtocol(loadServiceModel('lambda'));

const testRoute = (name: string, method: string, target: string, operation: string | undefined) =>
  test(`${name}`, () => {
    expect(lambda.findRoute(method, target)?.operation.name).toBe(operation);
  });

testRoute('a path with a label is routed', 'GET', '/2015-03-31/functions/cat', 'GetFunction');
testRoute('a trailing slash is ignored', 'GET', '/2015-03-31/functions/?MaxItems=1', 'ListFunctions');
testRoute('a slash too many at the start is not', 'GET', '//2015-03-31/functions', undefined);
testRoute('another method is another operation', 'DELETE', '/2015-03-31/functions/cat', 'DeleteFunction');
testRoute('an empty label is none', 'GET', '/2015-03-31/functions//configuration', undefined);

test('labels are decoded after the path is split', () => {
  const route = lambda.findRoute('GET', '/2015-03-31/functions/a%2Fb%3Ac');
  expect(route?.labels.get('FunctionName')).toBe('a/b:c');
});

test('members come from path, query and body', () => {
  const route = lambda.findRoute('DELETE', '/2015-03-31/functions/cat');
  if (route === undefined) throw new Error('no route');
  const target = '/2015-03-31/functions/cat?Qualifier=%24LATEST';
  const input = lambda.parseInput(route, { method: 'DELETE', target, headers: [], body: Buffer.alloc(0) });
  expect(input).toEqual({ FunctionName: 'cat', Qualifier: '$LATEST' });
});

test('a member named __proto__ stays data', () => {
  const route = lambda.findRoute('POST', '/2015-03-31/functions');
  if (route === undefined) throw new Error('no route');
  const body = Buffer.from('{"Tags":{"__proto__":"polluted"}}');
  const input = lambda.parseInput(route, { method: 'POST', target: '/2015-03-31/functions', headers: [], body });
  expect(Object.entries(input['Tags'] as object)).toEqual([['__proto__', 'polluted']]);
  expect({}).not.toHaveProperty('polluted');
});

test('lists and structures of a form are read', () => {
  const iam = loadServiceModel('iam');
  const operation = iam.operations.get('CreateUser');
  if (operation === undefined) throw new Error('no operation');
  const parameters = new Map([
    ['UserName', 'cat'],
    ['Tags.member.1.Key', 'a'],
    ['Tags.member.1.Value', '1'],
    ['Tags.member.2.Key', 'b'],
    ['Tags.member.2.Value', '2'],
    ['Tags.member.4.Key', 'after a gap'],
  ]);
  expect(parseFormInput(iam, operation, parameters)).toEqual({
    UserName: 'cat',
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ],
  });
});

test('text in an XML answer is escaped, and only elements are indented', () => {
  const iam = loadServiceModel('iam');
  const operation = iam.operations.get('GetUser');
  if (operation === undefined) throw new Error('no operation');
  const output = { User: { UserName: '<a>\n</a> & "b"' } };
  expect(writeQueryAnswer(iam, operation, { output, namespace: 'urn:x', requestId: 'id' })).toBe(
    `<GetUserResponse xmlns="urn:x">
  <GetUserResult>
    <User>
      <UserName>&lt;a&gt;&#x0A;&lt;/a&gt; &amp; &quot;b&quot;</UserName>
    </User>
  </GetUserResult>
  <ResponseMetadata>
    <RequestId>id</RequestId>
  </ResponseMetadata>
</GetUserResponse>
`,
  );
});
