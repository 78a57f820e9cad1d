import { expect, test } from 'vitest';
import { applyEdge } from '#mock-aws/edge/apply-edge.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { createAuthorization, createPolicy, signByHand, STAMP } from '../sigv4/support/requests.ts';
import { applyEdgeTo } from './support/edge.ts';

test.each([
  'Connection',
  'Expect',
  'Keep-Alive',
  'Proxy-Authorization',
  'Proxy-Connection',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
])('removes %s', (name) => {
  const { request, changes } = applyEdgeTo(['Host', 'h', name, 'value', 'Accept', '*/*']);
  expect(request.headers).toEqual(['Host', 'h', 'Accept', '*/*']);
  expect(changes).toMatchObject([{ rule: 'hop-by-hop', header: name.toLowerCase(), from: 'value', to: undefined }]);
});

test('removes every one of several, and tells each', () => {
  const { request, changes } = applyEdgeTo(['connection', 'close', 'te', 'trailers', 'connection', 'x']);
  expect(request.headers).toEqual([]);
  expect(changes.map((change) => change.from)).toEqual(['close', 'trailers', 'x']);
});

test.each(['Accept', 'Content-Length', 'Content-Type', 'User-Agent', 'X-Request-Id', 'X-Forwarded-Client-Cert'])(
  'keeps %s',
  (name) => {
    expect(applyEdgeTo([name, 'value'])).toMatchObject({ request: { headers: [name, 'value'] }, changes: [] });
  },
);

test('makes a signature over connection fail', () => {
  const names = 'connection;host;x-amz-date';
  const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const canonicalRequest = `GET\n/\n\nconnection:close\nhost:h\nx-amz-date:${STAMP}\n\n${names}\n${hash}`;
  const authorization = createAuthorization(names, signByHand(canonicalRequest));
  const headers = ['Host', 'h', 'Connection', 'close', 'X-Amz-Date', STAMP, 'Authorization', authorization];
  const request = { method: 'GET', target: '/', httpVersion: '1.1', headers, body: Buffer.alloc(0) } as const;
  const edge = applyEdge(request, { service: 'lambda', hostPolicy: 'aws', frontEnd: 'none' });
  expect(verifyRequest(request, createPolicy())).toMatchObject({ accepted: true });
  expect(verifyRequest(edge.request, createPolicy())).toMatchObject({ failure: 'signature-mismatch' });
});
