import fc from 'fast-check';
import { expect, test } from 'vitest';
import { envoy119 } from '#signing-proxy/dialects/envoy-1.19.ts';
import { findDialect } from '#signing-proxy/dialects/find-dialect.ts';
import { applyLambdaAnswer } from '#signing-proxy/filters/aws-lambda/lambda-answer.ts';
import { parseLambdaArn } from '#signing-proxy/filters/aws-lambda/lambda-arn.ts';
import { createLambdaEvent } from '#signing-proxy/filters/aws-lambda/lambda-event.ts';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import {
  createHttpRig,
  createScriptedCluster,
  inlineRoutes,
  ROUTER,
  type Call,
  type ScriptedAnswer,
} from '../support/http-rig.ts';

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:hello';

const testArn = (text: string, expected: { region: string; functionName: string }) =>
  test(`reads ${text}`, () => {
    expect(parseLambdaArn(text)).toEqual({ text, ...expected });
  });

testArn(ARN, { region: 'eu-west-1', functionName: 'hello' });
testArn(`${ARN}:live`, { region: 'eu-west-1', functionName: 'hello:live' });
testArn(`${ARN}:live:more`, { region: 'eu-west-1', functionName: 'hello:live' });
testArn('arn::::::', { region: '', functionName: '' });

const testBadArn = (text: string) =>
  test(`refuses "${text}" as an ARN`, () => {
    expect(() => parseLambdaArn(text)).toThrow(`aws_lambda_filter: Invalid ARN: ${text}`);
  });

testBadArn('');
testBadArn('hello');
testBadArn('arn:aws:lambda:eu-west-1:123456789012:function');
testBadArn('ARN:aws:lambda:eu-west-1:123456789012:function:hello');

const request = (path: string, headers: readonly (readonly [string, string])[] = []) =>
  HeaderMap.from([[':method', 'GET'], [':path', path], ...headers]);

test('wraps a request without body, every field printed', () => {
  const event = createLambdaEvent(
    request('/cat?b=2&a=%201&b=3', [
      ['x-a', '1'],
      ['x-a', '2'],
    ]),
    undefined,
  );
  expect(event).toBe(
    '{"raw_path":"/cat?b=2&a=%201&b=3","method":"GET","headers":{"x-a":"1,2"},"query_string_parameters":{"b":"2","a":"%201"},"body":"","is_base64_encoded":false}',
  );
});

const testBodyForm = (contentType: string | undefined, isBase64: boolean) =>
  test(`${isBase64 ? 'encodes' : 'keeps'} a body of type ${contentType}`, () => {
    const headers = request('/', contentType === undefined ? [] : [['content-type', contentType]]);
    const event = JSON.parse(createLambdaEvent(headers, Buffer.from('<é>'))) as unknown;
    expect(event).toMatchObject({ body: isBase64 ? 'PMOpPg==' : '<é>', is_base64_encoded: isBase64 });
  });

testBodyForm('application/json', false);
testBodyForm('Application/JSON', false);
testBodyForm('application/javascript', false);
testBodyForm('application/xml', false);
testBodyForm('text/plain; charset=utf-8', false);
testBodyForm('application/json; charset=utf-8', true);
testBodyForm('application/octet-stream', true);
testBodyForm(undefined, true);

test('escapes as protobuf does', () => {
  expect(createLambdaEvent(request('/', [['x-a', '<\u007f>']]), undefined)).toContain('"x-a":"\\u003c\\u007f\\u003e"');
});

test('any event is JSON that gives the request back', () => {
  const name = fc.stringMatching(/^x-[a-z0-9-]{0,8}$/);
  const ascii = fc.string({ unit: 'binary-ascii' });
  fc.assert(
    fc.property(fc.dictionary(name, ascii, { maxKeys: 4 }), fc.uint8Array(), (headers, body) => {
      const event = parseEvent(createLambdaEvent(request('/x', Object.entries(headers)), Buffer.from(body)));
      expect(event['headers']).toEqual(headers);
      // Without a content type every body is base64.
      expect(event['body']).toBe(Buffer.from(body).toString('base64'));
    }),
    { numRuns: 50 },
  );
});

test('any bytes make an event that is JSON', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const headers = [
        ['content-type', 'text/plain'],
        ['x-a', Buffer.from(bytes).toString('latin1')],
      ] as const;
      expect(typeof parseEvent(createLambdaEvent(request('/x', headers), Buffer.from(bytes)))['body']).toBe('string');
    }),
    { numRuns: 50 },
  );
});

const testBytes = (hex: string, text: string) =>
  test(`reads the bytes ${hex} of a text as ${JSON.stringify(text)}`, () => {
    const headers = request('/', [['content-type', 'text/plain']]);
    expect(parseEvent(createLambdaEvent(headers, Buffer.from(hex, 'hex')))['body']).toBe(text);
  });

testBytes('c3a9', 'é');
testBytes('f09f9880', '😀');
testBytes('e9', ' ');
testBytes('80ff', '  ');
testBytes('e641f75da81eb244', '   \u001e D');
testBytes('d72d08', ' \b');
testBytes('f907', ' \u0007');

test('the first of repeated parameters stays, and one without a name counts', () => {
  const event = parseEvent(createLambdaEvent(request('/?&a=1&&a=2&b&'), undefined));
  expect(event['query_string_parameters']).toEqual({ '': '', a: '1', b: '' });
});

function parseEvent(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>;
}

function answer(payload: string) {
  const headers = HeaderMap.from([
    [':status', '200'],
    ['content-type', 'application/json'],
    ['x-amzn-requestid', 'id'],
    ['set-cookie', 'aws=1'],
  ]);
  const { body } = applyLambdaAnswer(headers, Buffer.from(payload), envoy119.lambda);
  return {
    status: headers.get(':status'),
    body: body.toString(),
    type: headers.get('content-type'),
    length: headers.get('content-length'),
    headers,
  };
}

const testAnswer = (name: string, payload: string, expected: Partial<ReturnType<typeof answer>>) =>
  test(`answer: ${name}`, () => {
    expect(answer(payload)).toMatchObject(expected);
  });

testAnswer('a body as it is', '{"body":"meow"}', { status: '200', body: 'meow', length: '4' });
testAnswer('status and type of the function', '{"status_code":201,"headers":{"Content-Type":"text/html"},"body":"x"}', {
  status: '201',
  type: 'text/html',
});
testAnswer('the JSON names of protobuf', '{"statusCode":202,"isBase64Encoded":true,"body":"aGk="}', {
  status: '202',
  body: 'hi',
});
testAnswer('a status spelled in digits', '{"status_code":"203"}', { status: '203', body: '' });
testAnswer('status 0 leaves that of AWS', '{"status_code":0}', { status: '200' });
testAnswer('null is absent', '{"status_code":null,"headers":null,"cookies":null,"body":null}', {
  status: '200',
  body: '',
});
testAnswer('unknown fields do not matter', '{"multiValueHeaders":{"a":["b"]},"body":"x"}', {
  status: '200',
  body: 'x',
});
testAnswer('an object without known fields', '{"hello":"world"}', { status: '200', body: '', length: '0' });
testAnswer('a plain string fails', '"hello"', { status: '500', body: '' });
testAnswer('a list fails', '[]', { status: '500' });
testAnswer('empty text fails', '', { status: '500' });
testAnswer('a number as header value fails', '{"headers":{"a":1}}', { status: '500' });
testAnswer('an object as body fails', '{"body":{}}', { status: '500' });
testAnswer('a word as status fails', '{"status_code":"abc"}', { status: '500' });
testAnswer('base64 that is none gives no body', '{"body":"***","is_base64_encoded":true}', { status: '200', body: '' });

test('answer: headers replace, cookies add, AWS headers stay, pseudo headers are skipped', () => {
  const { headers } = answer('{"headers":{"X-Amzn-RequestId":"mine",":status":"418"},"cookies":["a=1","b=2"]}');
  expect(headers.get('x-amzn-requestid')).toBe('mine');
  expect(headers.get(':status')).toBe('200');
  expect(headers.getAll('set-cookie')).toEqual(['aws=1', 'a=1', 'b=2']);
});

test('no answer of a function can break the filter', () => {
  const garbage = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  const shaped = fc
    .record(
      {
        status_code: fc.jsonValue(),
        headers: fc.jsonValue(),
        cookies: fc.jsonValue(),
        body: fc.jsonValue(),
        isBase64Encoded: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(garbage, shaped), (payload) => {
      const { status, length, body } = answer(payload);
      expect(Number(status)).toBeGreaterThanOrEqual(0);
      expect(Number(length)).toBe(Buffer.byteLength(body));
    }),
    { numRuns: 100 },
  );
});

test('answer: always JSON up to 1.18', () => {
  const headers = HeaderMap.from([[':status', '200']]);
  applyLambdaAnswer(headers, Buffer.from('{"headers":{"content-type":"text/html"}}'), {
    ...envoy119.lambda,
    contentType: 'always-json',
  });
  expect(headers.get('content-type')).toBe('application/json');
});

interface LambdaSetup {
  readonly listener?: Record<string, string | boolean>;
  readonly route?: Record<string, string | boolean>;
  readonly metadata?: Record<string, string | boolean>;
  readonly answer?: ScriptedAnswer;
  readonly dialect?: string;
}

async function invoke(call: Call, setup: LambdaSetup = {}) {
  const metadata = { 'com.amazonaws.lambda': setup.metadata ?? { egress_gateway: true } };
  const cluster = createScriptedCluster('lambda', () => setup.answer ?? { body: '{"body":"meow"}' }, metadata);
  const perRoute = {
    'envoy.filters.http.aws_lambda': {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig',
      invoke_config: setup.route ?? {},
    },
  };
  using rig = createHttpRig({
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    dialect: findDialect(setup.dialect ?? 'envoy-1.19') ?? envoy119,
    clusters: [cluster],
    manager: {
      route_config: inlineRoutes({
        match: { prefix: '/' },
        route: { cluster: 'lambda' },
        ...(setup.route === undefined ? {} : { typed_per_filter_config: perRoute }),
      }),
      http_filters: [
        {
          name: 'envoy.filters.http.aws_lambda',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.Config',
            arn: ARN,
            ...setup.listener,
          },
        },
        ROUTER,
      ],
    },
  });
  const answered = await rig.call(call);
  return { answered, sent: cluster.sent[0], stats: rig.context.stats };
}

test('leaves requests to other clusters alone', async () => {
  for (const metadata of [{}, { egress_gateway: false }, { egress_gateway: 'true' }]) {
    const { answered, sent } = await invoke({ path: '/x' }, { metadata });
    expect(sent?.headers.get(':path')).toBe('/x');
    expect(sent?.headers.has('authorization')).toBe(false);
    expect(answered.body).toBe('{"body":"meow"}');
  }
});

test('invokes with the event as body, whatever the method', async () => {
  const { sent } = await invoke({
    method: 'PUT',
    path: '/x?y=1',
    headers: ['content-type', 'text/plain'],
    body: 'hello',
  });
  expect(sent?.headers.get(':method')).toBe('POST');
  expect(sent?.headers.get(':path')).toBe('/2015-03-31/functions/hello/invocations');
  expect(sent?.headers.get('content-length')).toBe(String(sent?.body.length));
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    raw_path: '/x?y=1',
    method: 'PUT',
    body: 'hello',
    is_base64_encoded: false,
  });
});

test('passes a body through untouched and signs its hash', async () => {
  const { answered, sent } = await invoke(
    { method: 'POST', headers: ['content-type', 'text/plain', 'content-length', '5'], body: 'hello' },
    { listener: { payload_passthrough: true } },
  );
  expect(sent?.body).toBe('hello');
  expect(sent?.headers.get('content-type')).toBe('text/plain');
  expect(sent?.headers.get('x-amz-content-sha256')).toBe(
    '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  );
  expect(sent?.headers.get('authorization')).toContain('content-length;content-type;');
  expect(answered.body).toBe('{"body":"meow"}');
});

test('calls asynchronously and passes the answer on', async () => {
  const { answered, sent } = await invoke(
    {},
    { listener: { invocation_mode: 'ASYNCHRONOUS' }, answer: { status: 202 } },
  );
  expect(sent?.headers.get('x-amz-invocation-type')).toBe('Event');
  expect(answered.status).toBe(202);
});

test('a route names another function, and signs in the region of the listener', async () => {
  const { sent } = await invoke({}, { route: { arn: 'arn:aws:lambda:us-west-2:1:function:other:prod' } });
  expect(sent?.headers.get(':path')).toBe('/2015-03-31/functions/other:prod/invocations');
  expect(sent?.headers.get('authorization')).toContain('/eu-west-1/lambda/aws4_request');
});

test('the settings of a route replace those of the listener whole', async () => {
  const { sent } = await invoke(
    { method: 'POST', body: 'raw' },
    { listener: { payload_passthrough: true }, route: { arn: ARN } },
  );
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({ method: 'POST' });
});

test('passes errors of Lambda and of functions on untouched', async () => {
  const refused = await invoke({}, { answer: { status: 403, body: '{"message":"no"}' } });
  expect(refused.answered).toMatchObject({ status: 403, body: '{"message":"no"}' });
  const failed = await invoke(
    {},
    { answer: { headers: { 'x-amz-function-error': 'Unhandled' }, body: '{"body":"x"}' } },
  );
  expect(failed.answered).toMatchObject({ status: 200, body: '{"body":"x"}' });
});

test('refuses a body beyond the buffer limit with 413', async () => {
  const { answered, sent } = await invoke({ method: 'POST', body: 'x'.repeat(1_048_577) });
  expect(answered).toMatchObject({ status: 413, body: 'Payload Too Large' });
  expect(answered.headers['content-type']).toBe('text/plain');
  expect(sent).toBeUndefined();
});

test('answers 500 when the function gives more than the buffer limit', async () => {
  const { answered } = await invoke({}, { answer: { body: 'x'.repeat(1_048_577) } });
  expect(answered).toMatchObject({ status: 500, body: 'Internal Server Error' });
});

const testHost = (dialect: string, host: string) =>
  test(`B02: host_rewrite of ${dialect} gives ${host}`, async () => {
    const { sent } = await invoke({}, { dialect, listener: { host_rewrite: 'lambda.example' } });
    expect(sent?.headers.get(':authority')).toBe(host);
  });

testHost('envoy-1.29', 'example.com');
testHost('envoy-1.30', 'lambda.example');
testHost('envoy-1.36', 'lambda.example');

const OTHER = 'arn:aws:lambda:us-west-2:210987654321:function:other';

const testRoute = (dialect: string, path: string, region: string) =>
  test(`B08, B09: a route to another account and region, ${dialect}`, async () => {
    const { sent } = await invoke({}, { dialect, route: { arn: OTHER } });
    expect(sent?.headers.get(':path')).toBe(`/2015-03-31/functions/${path}/invocations`);
    expect(sent?.headers.get('authorization')).toContain(`/${region}/lambda/aws4_request`);
  });

testRoute('envoy-1.19', 'other', 'eu-west-1');
testRoute('envoy-1.22', 'other', 'eu-west-1');
testRoute('envoy-1.25', OTHER, 'us-west-2');
testRoute('envoy-1.30', OTHER, 'us-west-2');

test('settings on a route replace those of the listener whole', async () => {
  const { sent } = await invoke(
    { method: 'POST', body: 'hello', headers: ['content-length', '5'] },
    { listener: { payload_passthrough: true }, route: { arn: ARN } },
  );
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({ method: 'POST' });
});

test('counts the answers that cannot be read', async () => {
  const { answered, stats } = await invoke({}, { answer: { body: '"hello"' } });
  expect(answered).toMatchObject({ status: 500, body: '' });
  expect(stats.entries().find(([name]) => name.endsWith('aws_lambda.server_error'))).toEqual([
    'http..aws_lambda.server_error',
    1,
  ]);
});
