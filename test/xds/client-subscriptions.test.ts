import { describe, expect, test } from 'vitest';
import { ClientSubscriptions } from '#xds/client-subscriptions.ts';
import type { DiscoveryRequest } from '#xds/generated/messages.js';
import { CLUSTER_TYPE, ENDPOINT_TYPE, getShortName, LISTENER_TYPE, ROUTE_TYPE } from '#xds/resource-types.ts';
import { createResponse } from './discovery-messages.ts';

function summarize(requests: DiscoveryRequest | readonly DiscoveryRequest[] | undefined): string[] {
  return [requests ?? []].flat().map((request) => {
    const { typeUrl, versionInfo, responseNonce, resourceNames, errorDetail } = request as DiscoveryRequest;
    const names = `[${resourceNames.join(' ')}]`;
    const error = errorDetail === undefined ? '' : ` ${errorDetail.code}: ${errorDetail.message}`;
    return `${getShortName(typeUrl)} ${versionInfo || '-'} ${responseNonce || '-'} ${names}${error}`;
  });
}

describe('client subscriptions', () => {
  test('ask for clusters before listeners, whatever the order of subscribing', () => {
    const client = new ClientSubscriptions();
    client.subscribe(LISTENER_TYPE, []);
    client.subscribe(CLUSTER_TYPE, []);
    expect(summarize(client.restart())).toEqual(['CDS - - []', 'LDS - - []']);
  });

  test('ask nothing about a type that has names and none is wanted', () => {
    const client = new ClientSubscriptions();
    expect(client.subscribe(ROUTE_TYPE, [])).toBeUndefined();
    expect(client.restart()).toEqual([]);
  });

  test('acknowledge with the new version and its nonce', () => {
    const client = subscribed([CLUSTER_TYPE]);
    const response = createResponse(CLUSTER_TYPE, 'v1', 'n1');
    client.receive(response);
    expect(summarize(client.accept(response))).toEqual(['CDS v1 n1 []']);
  });

  test('reject with the version accepted before, the new nonce and INTERNAL', () => {
    const client = subscribed([CLUSTER_TYPE]);
    receiveAndAccept(client, 'v1', 'n1');
    const response = createResponse(CLUSTER_TYPE, 'v2', 'n2');
    client.receive(response);
    expect(summarize(client.reject(response, 'cat: no such filter'))).toEqual(['CDS v1 n2 [] 13: cat: no such filter']);
  });

  test('reject the first response with no version', () => {
    const client = subscribed([CLUSTER_TYPE]);
    const response = createResponse(CLUSTER_TYPE, 'v1', 'n1');
    client.receive(response);
    expect(summarize(client.reject(response, 'bad'))).toEqual(['CDS - n1 [] 13: bad']);
  });

  test('ask for changed names with the current nonce and version', () => {
    const client = subscribed([ENDPOINT_TYPE, 'a']);
    const response = createResponse(ENDPOINT_TYPE, 'v1', 'n1');
    client.receive(response);
    client.accept(response);
    expect(summarize(client.subscribe(ENDPOINT_TYPE, ['a', 'b']))).toEqual(['EDS v1 n1 [a b]']);
  });

  test('send nothing when the same names are wanted again', () => {
    const client = subscribed([ENDPOINT_TYPE, 'a', 'b']);
    expect(client.subscribe(ENDPOINT_TYPE, ['b', 'a', 'b'])).toBeUndefined();
  });

  test('let the acknowledgement carry names that change while a response is considered', () => {
    const client = subscribed([ENDPOINT_TYPE, 'a']);
    const response = createResponse(ENDPOINT_TYPE, 'v1', 'n1');
    client.receive(response);
    expect(client.subscribe(ENDPOINT_TYPE, ['a', 'b'])).toBeUndefined();
    expect(summarize(client.accept(response))).toEqual(['EDS v1 n1 [a b]']);
  });

  test('send names that change while a response is rejected in a request of their own', () => {
    const client = subscribed([ENDPOINT_TYPE, 'a']);
    const response = createResponse(ENDPOINT_TYPE, 'v1', 'n1');
    client.receive(response);
    client.subscribe(ENDPOINT_TYPE, ['b']);
    expect(summarize(client.reject(response, 'bad'))).toEqual(['EDS - n1 [a] 13: bad', 'EDS - n1 [b]']);
  });

  test('unsubscribe with an empty list of names', () => {
    const client = subscribed([ENDPOINT_TYPE, 'a']);
    expect(summarize(client.subscribe(ENDPOINT_TYPE, []))).toEqual(['EDS - - []']);
    expect(client.isSubscribed(ENDPOINT_TYPE)).toBe(false);
  });

  test('start a new stream with the known version and no nonce', () => {
    const client = subscribed([CLUSTER_TYPE]);
    receiveAndAccept(client, 'v7', 'n7');
    expect(summarize(client.restart())).toEqual(['CDS v7 - []']);
  });

  test('ignore a response of a type nobody asked for', () => {
    expect(subscribed([CLUSTER_TYPE]).receive(createResponse(ROUTE_TYPE, 'v1', 'n1'))).toBe(false);
  });
});

function subscribed([typeUrl, ...names]: readonly [string, ...string[]]): ClientSubscriptions {
  const client = new ClientSubscriptions();
  client.subscribe(typeUrl, names);
  client.restart();
  return client;
}

function receiveAndAccept(client: ClientSubscriptions, version: string, nonce: string): void {
  const response = createResponse(CLUSTER_TYPE, version, nonce);
  client.receive(response);
  client.accept(response);
}
