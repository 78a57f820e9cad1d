import { expect, test } from 'vitest';
import { applyEdge } from '#mock-aws/edge/apply-edge.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { createPolicy, signRequest } from '../sigv4/support/requests.ts';
import { applyEdgeTo } from './support/edge.ts';

test.each([
  ['r1.example.com:9080', 'r1.example.com'],
  ['lambda.us-east-1.amazonaws.com:443', 'lambda.us-east-1.amazonaws.com'],
  ['localhost:80', 'localhost'],
  ['127.0.0.1:8080 ', '127.0.0.1'],
  ['[::1]:9080', '[::1]'],
  ['a:1:2', 'a:1'],
])('drops the port of %s', (from, to) => {
  const { request, changes } = applyEdgeTo(['Host', from]);
  expect(request.headers).toEqual(['Host', to]);
  expect(changes).toEqual([{ rule: 'host-port', header: 'host', from, to, evidence: 'reported', isApplied: true }]);
});

test.each(['r1.example.com', 'R1.Example.COM', '[::1]', 'name:', 'name:http', ''])('leaves %j as it is', (host) => {
  expect(applyEdgeTo(['Host', host])).toMatchObject({ request: { headers: ['Host', host] }, changes: [] });
});

test('keeps the port of the listener, and no other, under own-port', () => {
  const policy = { hostPolicy: 'own-port', ownPort: 4566 } as const;
  expect(applyEdgeTo(['Host', 'localhost:4566'], policy).request.headers).toEqual(['Host', 'localhost:4566']);
  expect(applyEdgeTo(['Host', 'localhost:9080'], policy).request.headers).toEqual(['Host', 'localhost']);
});

test('makes a signature over a host with a port fail, and one without pass', async () => {
  const policy = { service: 'lambda', hostPolicy: 'aws', frontEnd: 'none' } as const;
  const signed = await signRequest({ headers: { host: 'r1.example.com:9080' } });
  expect(verifyRequest(signed, createPolicy())).toMatchObject({ accepted: true });
  expect(verifyRequest(applyEdge(signed, policy).request, createPolicy())).toMatchObject({
    accepted: false,
    code: 'InvalidSignatureException',
  });
  const withoutPort = await signRequest({ headers: { host: 'r1.example.com' } });
  const sentWithPort = {
    ...withoutPort,
    headers: withoutPort.headers.map((text) => text.replace(/^r1.*$/, '$&:9080')),
  };
  expect(verifyRequest(applyEdge(sentWithPort, policy).request, createPolicy())).toMatchObject({ accepted: true });
});
