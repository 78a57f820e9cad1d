import { expect, test } from 'vitest';
import { createVirtualClock } from '#core/virtual-clock.ts';
import type { DiscoveryStream } from '#xds/discovery-stream.ts';
import type { DiscoveryRequest, DiscoveryResponse } from '#xds/generated/messages.js';
import { createMessageQueue, type MessageQueue } from '#xds/message-queue.ts';
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE } from '#xds/resource-types.ts';
import { createResponse, testNode } from './discovery-messages.ts';
import { startTestClient } from './test-client.ts';
import { createWatched, type Watched } from './watched.ts';

interface ScriptedStream {
  readonly requests: Watched<DiscoveryRequest>;
  readonly responses: MessageQueue<DiscoveryResponse>;
}

/** A server of which the test plays every move; each stream the client opens is one item. */
function createScriptedServer(): { readonly stream: DiscoveryStream; readonly streams: Watched<ScriptedStream> } {
  const streams = createWatched<ScriptedStream>();
  return {
    streams,
    stream(requests, signal) {
      const scripted = {
        requests: createWatched<DiscoveryRequest>(),
        responses: createMessageQueue<DiscoveryResponse>(),
      };
      signal.addEventListener('abort', () => scripted.responses.end(), { once: true });
      void collect(requests, scripted.requests);
      streams.add(scripted);
      return scripted.responses;
    },
  };
}

async function collect(requests: AsyncIterable<DiscoveryRequest>, into: Watched<DiscoveryRequest>): Promise<void> {
  for await (const request of requests) into.add(request);
}

async function getStream({ streams }: ReturnType<typeof createScriptedServer>, index = 0): Promise<ScriptedStream> {
  return (await streams.take(index + 1)).at(index) as ScriptedStream;
}

test('sends its node in the first request of each stream only', async () => {
  using clock = createVirtualClock();
  const script = createScriptedServer();
  await using started = startTestClient(script.stream, clock);
  started.client.subscribe(CLUSTER_TYPE);
  started.client.subscribe(LISTENER_TYPE);
  const first = await getStream(script);
  expect((await first.requests.take(2)).map(({ typeUrl, node }) => [typeUrl, node?.id])).toEqual([
    [CLUSTER_TYPE, testNode.id],
    [LISTENER_TYPE, undefined],
  ]);
  first.responses.end();
  const second = await getStream(script, 1);
  expect((await second.requests.take(2)).map(({ node }) => node?.id)).toEqual([testNode.id, undefined]);
});

test('answers a rejected response once, with the reason', async () => {
  using clock = createVirtualClock();
  const script = createScriptedServer();
  await using started = startTestClient(script.stream, clock, () => ({ rejected: 'cat: no such filter' }));
  started.client.subscribe(CLUSTER_TYPE);
  const { requests, responses } = await getStream(script);
  responses.push(createResponse(CLUSTER_TYPE, 'v1', 'n1'));
  const [, nack] = await requests.take(2);
  expect(nack).toMatchObject({
    versionInfo: '',
    responseNonce: 'n1',
    errorDetail: { code: 13, message: 'cat: no such filter' },
  });
  expect(started.events.all.at(-1)).toEqual({
    type: 'nacked',
    typeUrl: CLUSTER_TYPE,
    version: 'v1',
    nonce: 'n1',
    error: 'cat: no such filter',
  });
});

test('rejects a response when deciding about it throws', async () => {
  using clock = createVirtualClock();
  const script = createScriptedServer();
  await using started = startTestClient(script.stream, clock, () => {
    throw new Error('cat: bad bytes');
  });
  started.client.subscribe(CLUSTER_TYPE);
  const { requests, responses } = await getStream(script);
  responses.push(createResponse(CLUSTER_TYPE, 'v1', 'n1'));
  expect((await requests.take(2))[1]?.errorDetail?.message).toBe('cat: bad bytes');
});

test('considers one response at a time', async () => {
  using clock = createVirtualClock();
  const script = createScriptedServer();
  const decisions: ((acceptance: 'accepted') => void)[] = [];
  await using started = startTestClient(
    script.stream,
    clock,
    () => new Promise((resolve) => void decisions.push(resolve)),
  );
  started.client.subscribe(CLUSTER_TYPE);
  const { requests, responses } = await getStream(script);
  responses.push(createResponse(CLUSTER_TYPE, 'v1', 'n1'));
  responses.push(createResponse(CLUSTER_TYPE, 'v2', 'n2'));
  await started.received.take(1);
  await clock.sleep(1);
  expect(started.received.all).toHaveLength(1);
  decisions[0]?.('accepted');
  await started.received.take(2);
  decisions[1]?.('accepted');
  expect((await requests.take(3)).map((request) => request.responseNonce)).toEqual(['', 'n1', 'n2']);
});

test('subscribes to more while it considers a response', async () => {
  using clock = createVirtualClock();
  const script = createScriptedServer();
  await using started = startTestClient(script.stream, clock, () => {
    started.client.subscribe(ENDPOINT_TYPE, ['cat']);
    return 'accepted';
  });
  started.client.subscribe(CLUSTER_TYPE);
  const { requests, responses } = await getStream(script);
  responses.push(createResponse(CLUSTER_TYPE, 'v1', 'n1'));
  expect((await requests.take(3)).slice(1)).toMatchObject([
    { typeUrl: ENDPOINT_TYPE, resourceNames: ['cat'] },
    { typeUrl: CLUSTER_TYPE, versionInfo: 'v1', responseNonce: 'n1' },
  ]);
});

test('sends the accepted version and no nonce on a new stream', async () => {
  using clock = createVirtualClock();
  const script = createScriptedServer();
  await using started = startTestClient(script.stream, clock);
  started.client.subscribe(CLUSTER_TYPE);
  const first = await getStream(script);
  first.responses.push(createResponse(CLUSTER_TYPE, 'v1', 'n1'));
  await first.requests.take(2);
  first.responses.end();
  const second = await getStream(script, 1);
  expect(await second.requests.take(1)).toMatchObject([{ versionInfo: 'v1', responseNonce: '' }]);
});

test('acknowledges what was unsubscribed meanwhile without asking about it', async () => {
  using clock = createVirtualClock();
  const script = createScriptedServer();
  await using started = startTestClient(script.stream, clock);
  started.client.subscribe(ENDPOINT_TYPE, ['cat']);
  const { requests, responses } = await getStream(script);
  started.client.subscribe(ENDPOINT_TYPE, []);
  responses.push(createResponse(ENDPOINT_TYPE, 'v1', 'n1'));
  expect((await requests.take(3))[2]).toMatchObject({ resourceNames: [], responseNonce: 'n1', versionInfo: 'v1' });
  expect(started.received.all).toEqual([]);
});

test('waits at most half a second at first, at most 30 seconds at last, and never gives up', async () => {
  using clock = createVirtualClock();
  const refused: DiscoveryStream = () => {
    throw new Error('ECONNREFUSED');
  };
  await using started = startTestClient(refused, clock);
  const ends = await started.events.take(200, ({ type }) => type === 'stream-ended');
  const waits = ends.map((event) => (event.type === 'stream-ended' ? event.retryInMs : 0));
  for (const [attempt, wait] of waits.entries()) expect(wait).toBeLessThan(Math.min(30_000, 500 * 2 ** attempt));
  expect(Math.max(...waits)).toBeGreaterThan(25_000);
  expect(ends[0]).toMatchObject({ reason: 'ECONNREFUSED' });
});

test('starts again with short waits after a stream that answered', async () => {
  using clock = createVirtualClock();
  let attempts = 0;
  const flaky: DiscoveryStream = async function* () {
    attempts++;
    if (attempts % 10 !== 0) throw new Error('ECONNREFUSED');
    yield createResponse(CLUSTER_TYPE, 'v1', 'n1');
  };
  await using started = startTestClient(flaky, clock);
  started.client.subscribe(CLUSTER_TYPE);
  const ends = await started.events.take(100, ({ type }) => type === 'stream-ended');
  for (const event of ends.filter((_, index) => index % 10 === 9)) {
    expect(event).toMatchObject({ reason: 'the server ended the stream' });
    expect(event.type === 'stream-ended' && event.retryInMs).toBeLessThan(500);
  }
});

test('stops waiting for the next attempt when disposed', async () => {
  using clock = createVirtualClock();
  const started = startTestClient(() => {
    throw new Error('ECONNREFUSED');
  }, clock);
  await started.events.take(20, ({ type }) => type === 'stream-ended');
  await started.client[Symbol.asyncDispose]();
  expect(clock.pendingTimers()).toBe(0);
});
