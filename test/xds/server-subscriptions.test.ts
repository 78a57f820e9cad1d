import { describe, expect, test } from 'vitest';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { ServerSubscriptions } from '#xds/server-subscriptions.ts';
import { createRequest } from './discovery-messages.ts';

/** A server that has sent nonce `n1` of version `v1` to a client watching `names`. */
function watching(typeUrl: string, names: readonly string[] = []): ServerSubscriptions {
  const server = new ServerSubscriptions();
  server.receive(createRequest(typeUrl, { names }));
  server.recordSent(typeUrl, 'v1', 'n1');
  return server;
}

describe('server subscriptions', () => {
  test('answer the first sight of a type', () => {
    const server = new ServerSubscriptions();
    expect(server.receive(createRequest(ROUTE_TYPE, { names: ['80'] }))).toEqual({
      kind: 'subscribed',
      answer: ['80'],
    });
  });

  test('answer the first sight of a type on this stream even with a nonce', () => {
    const server = new ServerSubscriptions();
    const request = createRequest(CLUSTER_TYPE, { nonce: 'of another server', version: 'v0' });
    expect(server.receive(request)).toEqual({ kind: 'subscribed', answer: [] });
  });

  test('answer an empty nonce always', () => {
    const server = watching(CLUSTER_TYPE);
    expect(server.receive(createRequest(CLUSTER_TYPE))).toEqual({ kind: 'subscribed', answer: [] });
  });

  test('do not answer an ACK', () => {
    const server = watching(ROUTE_TYPE, ['80']);
    const ack = createRequest(ROUTE_TYPE, { names: ['80'], nonce: 'n1', version: 'v1' });
    expect(server.receive(ack)).toEqual({ kind: 'acked', answer: undefined });
    expect(server.getStatus()).toMatchObject([{ nonceSent: 'n1', nonceAcked: 'n1', versionSent: 'v1' }]);
  });

  test('do not answer a NACK, but remember it', () => {
    const server = watching(LISTENER_TYPE);
    const nack = createRequest(LISTENER_TYPE, { nonce: 'n1', error: 'cat: no such filter' });
    expect(server.receive(nack)).toEqual({ kind: 'nacked', answer: undefined });
    expect(server.getStatus()).toMatchObject([
      { nonceAcked: '', rejection: { nonce: 'n1', message: 'cat: no such filter' } },
    ]);
  });

  test('forget a NACK when a later response is accepted', () => {
    const server = watching(LISTENER_TYPE);
    server.receive(createRequest(LISTENER_TYPE, { nonce: 'n1', error: 'bad' }));
    server.recordSent(LISTENER_TYPE, 'v2', 'n2');
    server.receive(createRequest(LISTENER_TYPE, { nonce: 'n2', version: 'v2' }));
    expect(server.getStatus()).toMatchObject([{ nonceAcked: 'n2', rejection: undefined }]);
  });

  test('do not take a change of names after a NACK for its ACK', () => {
    const server = watching(ROUTE_TYPE, ['80']);
    server.receive(createRequest(ROUTE_TYPE, { names: ['80'], nonce: 'n1', error: 'bad' }));
    const change = createRequest(ROUTE_TYPE, { names: ['80', '81'], nonce: 'n1' });
    expect(server.receive(change)).toEqual({ kind: 'changed', answer: ['81'] });
    expect(server.getStatus()).toMatchObject([{ nonceAcked: '', rejection: { nonce: 'n1' } }]);
  });

  test('ignore an expired nonce', () => {
    const server = watching(ROUTE_TYPE, ['80']);
    server.recordSent(ROUTE_TYPE, 'v2', 'n2');
    const late = createRequest(ROUTE_TYPE, { names: ['80', '81'], nonce: 'n1', version: 'v1' });
    expect(server.receive(late)).toEqual({ kind: 'expired', answer: undefined });
    expect(server.getNames(ROUTE_TYPE)).toEqual(['80']);
  });

  test('unsubscribe on an empty list of a type with names', () => {
    const server = watching(ROUTE_TYPE, ['80']);
    expect(server.receive(createRequest(ROUTE_TYPE, { nonce: 'n1' }))).toEqual({
      kind: 'unsubscribed',
      answer: undefined,
    });
    expect(server.getNames(ROUTE_TYPE)).toBeUndefined();
  });

  test('answer with the added names only', () => {
    const server = watching(ROUTE_TYPE, ['80']);
    const request = createRequest(ROUTE_TYPE, { names: ['80', '81', '82'], nonce: 'n1' });
    expect(server.receive(request)).toEqual({ kind: 'acked', answer: ['81', '82'] });
    expect(server.getNames(ROUTE_TYPE)).toEqual(['80', '81', '82']);
  });

  test('do not answer when names are only removed', () => {
    const server = watching(ROUTE_TYPE, ['80', '81']);
    expect(server.receive(createRequest(ROUTE_TYPE, { names: ['80'], nonce: 'n1' })).answer).toBeUndefined();
    expect(server.getNames(ROUTE_TYPE)).toEqual(['80']);
  });

  test('answer a wildcard type whose names are only removed', () => {
    const server = watching(CLUSTER_TYPE, ['a', 'b']);
    expect(server.receive(createRequest(CLUSTER_TYPE, { names: ['a'], nonce: 'n1' })).answer).toEqual(['a']);
  });

  test('answer the next endpoint request once when clusters are asked for anew', () => {
    const server = watching(ENDPOINT_TYPE, ['a', 'b']);
    server.receive(createRequest(CLUSTER_TYPE));
    const ack = createRequest(ENDPOINT_TYPE, { names: ['a', 'b'], nonce: 'n1', version: 'v1' });
    expect(server.receive(ack).answer).toEqual(['a', 'b']);
    expect(server.receive(ack).answer).toBeUndefined();
  });
});
