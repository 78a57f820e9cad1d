import { expect, test } from 'vitest';
import { findService } from '#mock-aws/find-service.ts';

const testFound = (
  name: string,
  service: string,
  request: { target?: string; headers?: string[]; body?: string } = {},
) =>
  test(`${name}`, () => {
    const { target = '/', headers = [], body = '' } = request;
    const head = { method: 'POST', target, headers, httpVersion: '1.1' } as const;
    expect(findService(head, Buffer.from(body))).toBe(service);
  });

const scope = (service: string) => `AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/${service}/aws4_request, Sign`;

testFound('the credential scope says it', 'iam', { headers: ['Authorization', scope('iam')], target: '/2015-03-31/x' });
testFound('the credential of a presigned request says it', 'sts', {
  target: '/?X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fsts%2Faws4_request',
  headers: ['Host', 'lambda.us-east-1.amazonaws.com'],
});
testFound('the host says it', 'sts', { headers: ['Host', 'sts.amazonaws.com'] });
testFound('the path says it', 'lambda', { headers: ['Host', 'localhost:4566'], target: '/2015-03-31/functions' });
testFound('the version of a form says it', 'iam', { body: 'Action=ListUsers&Version=2010-05-08' });
testFound('a form of another version is for STS', 'sts', { body: 'Action=GetCallerIdentity&Version=2011-06-15' });
testFound('a scope of another service leaves it to the path', 'lambda', {
  headers: ['Authorization', scope('s3')],
  target: '/bucket/key',
});
