import type { JsonObject } from '@bufbuild/protobuf';
import { lambda, ROUTER, routesTo } from '../bootstrap.ts';
import type { Suite } from '../types.ts';
import { get, http1 } from './requests.ts';

function listener(fields: JsonObject): { manager: JsonObject } {
  return {
    manager: {
      http_filters: [lambda(fields), ROUTER],
      route_config: routesTo({
        match: { prefix: '/' },
        route: { cluster: 'lambda', host_rewrite_literal: 'lambda.us-east-1.amazonaws.com' },
      }),
    },
  };
}

const JSON_ANSWER = (value: unknown) => [
  { headers: ['content-type', 'application/json'], body: JSON.stringify(value) },
];

export const awsLambda: Suite = {
  name: 'aws_lambda filter',
  listeners: {
    json: listener({ payload_passthrough: false }),
    passthrough: listener({ payload_passthrough: true }),
    asynchronous: listener({ payload_passthrough: true, invocation_mode: 'ASYNCHRONOUS' }),
  },
  cases: [
    {
      name: 'passthrough, POST',
      listener: 'passthrough',
      request: http1('POST /a?b=c', ['content-type: application/json'], '{"a":1}'),
    },
    { name: 'passthrough, GET', listener: 'passthrough', request: get('/a') },
    {
      name: 'passthrough, other content type',
      listener: 'passthrough',
      request: http1('POST /', ['content-type: text/plain'], 'text'),
    },
    {
      name: 'passthrough, function error',
      listener: 'passthrough',
      request: http1('POST /', [], '{}'),
      answers: [{ headers: ['x-amz-function-error', 'Unhandled'], body: '{"errorMessage":"x"}' }],
    },
    { name: 'asynchronous', listener: 'asynchronous', request: http1('POST /', [], '{}'), answers: [{ status: 202 }] },
    { name: 'event of a GET', listener: 'json', request: get('/a/b?x=1&y=two&x=3', 'x-a: 1', 'x-a: 2', 'cookie: c=1') },
    {
      name: 'event of text',
      listener: 'json',
      request: http1('POST /', ['content-type: text/plain'], 'text "quoted"'),
    },
    {
      name: 'event of JSON',
      listener: 'json',
      request: http1('POST /', ['content-type: application/json'], '{"a":1}'),
    },
    {
      name: 'event of bytes',
      listener: 'json',
      request: http1('POST /', ['content-type: application/octet-stream'], '\x01\x02'),
    },
    { name: 'event without a content type', listener: 'json', request: http1('POST /', [], 'body') },
    { name: 'event of an escaped query', listener: 'json', request: get('/?a%20b=c%26d&empty&e=') },
    {
      name: 'answer with status, headers and cookies',
      listener: 'json',
      request: get('/'),
      answers: JSON_ANSWER({
        statusCode: 201,
        headers: { 'x-up': '1', 'Content-Type': 'text/plain' },
        cookies: ['a=1', 'b=2; Secure'],
        body: 'made',
      }),
    },
    {
      name: 'answer in base64',
      listener: 'json',
      request: get('/'),
      answers: JSON_ANSWER({ statusCode: 200, isBase64Encoded: true, body: Buffer.from('binary').toString('base64') }),
    },
    { name: 'answer with no status', listener: 'json', request: get('/'), answers: JSON_ANSWER({ body: 'plain' }) },
    {
      name: 'answer that is an object',
      listener: 'json',
      request: get('/'),
      answers: JSON_ANSWER({ statusCode: 200, body: { a: 1 } }),
    },
    { name: 'answer that is a string', listener: 'json', request: get('/'), answers: JSON_ANSWER('text') },
    { name: 'answer that is no JSON', listener: 'json', request: get('/'), answers: [{ body: 'not json' }] },
    { name: 'answer that is empty', listener: 'json', request: get('/'), answers: [{ body: '' }] },
    {
      name: 'answer with a function error',
      listener: 'json',
      request: get('/'),
      answers: [
        {
          headers: ['x-amz-function-error', 'Unhandled', 'content-type', 'application/json'],
          body: '{"errorMessage":"x"}',
        },
      ],
    },
    {
      name: 'answer 403 of AWS',
      listener: 'json',
      request: get('/'),
      answers: [
        {
          status: 403,
          headers: ['x-amzn-errortype', 'InvalidSignatureException', 'content-type', 'application/json'],
          body: '{"message":"no"}',
        },
      ],
    },
    {
      name: 'answer with numbers and booleans for headers',
      listener: 'json',
      request: get('/'),
      answers: JSON_ANSWER({ statusCode: 200, headers: { 'x-n': 1, 'x-b': true, 'x-null': null }, body: '' }),
    },
    {
      name: 'answer with headers of several values',
      listener: 'json',
      request: get('/'),
      answers: JSON_ANSWER({
        statusCode: 200,
        multiValueHeaders: { 'x-m': ['1', '2'] },
        headers: { 'x-s': 's' },
        body: 'b',
      }),
    },
  ],
};
