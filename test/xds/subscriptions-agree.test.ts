import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClientSubscriptions } from '#xds/client-subscriptions.ts';
import type { DiscoveryRequest, DiscoveryResponse } from '#xds/generated/messages.js';
import { CLUSTER_TYPE, ENDPOINT_TYPE, isWildcardType, ROUTE_TYPE } from '#xds/resource-types.ts';
import { ServerSubscriptions } from '#xds/server-subscriptions.ts';
import { createResponse } from './discovery-messages.ts';

const TYPES = [CLUSTER_TYPE, ENDPOINT_TYPE, ROUTE_TYPE];
const NAMES = ['a', 'b'];

/** A client and a server with a first-in-first-out line each way, moved one message at a time. */
class Line {
  readonly wanted = new Map<string, readonly string[]>();
  readonly answered = new Set<string>();
  /** What was against the rules, in words. */
  readonly violations: string[] = [];
  /** Per type, the names the client has been sent on this stream. */
  readonly sent = new Map<string, Set<string>>();
  readonly client = new ClientSubscriptions();
  server = new ServerSubscriptions();
  toServer: DiscoveryRequest[] = [];
  toClient: DiscoveryResponse[] = [];
  considered: DiscoveryResponse | undefined;
  responses = 0;

  subscribe(typeUrl: string, names: readonly string[]): void {
    this.wanted.set(typeUrl, names);
    const request = this.client.subscribe(typeUrl, names);
    if (request !== undefined) this.toServer.push(request);
  }

  moveToServer(): void {
    const request = this.toServer.shift();
    if (request === undefined) return;
    const isAck = this.#isPlainAck(request);
    const { answer } = this.server.receive(request);
    if (isAck && answer !== undefined) this.violations.push(`the ACK of ${request.responseNonce} was answered`);
    if (answer !== undefined) this.#send(request.typeUrl, answer);
  }

  startConsidering(): void {
    if (this.considered !== undefined) return;
    const response = this.toClient.shift();
    if (response !== undefined && this.client.receive(response)) this.considered = response;
  }

  answerConsidered(isAccepted: boolean): void {
    const response = this.considered;
    if (response === undefined) return;
    this.considered = undefined;
    const requests = isAccepted ? this.client.accept(response) : this.client.reject(response, 'no');
    const { nonce } = response;
    if (this.answered.has(nonce)) this.violations.push(`${nonce} was answered twice`);
    if (requests[0]?.responseNonce !== nonce) this.violations.push(`${nonce} was not answered`);
    this.answered.add(nonce);
    this.toServer.push(...requests);
  }

  push(): void {
    for (const typeUrl of this.server.getTypeUrls()) this.#send(typeUrl, this.server.getNames(typeUrl) ?? []);
  }

  reconnect(): void {
    this.server = new ServerSubscriptions();
    this.sent.clear();
    this.toClient = [];
    this.considered = undefined;
    this.toServer = this.client.restart();
  }

  settle(): void {
    for (let steps = 0; this.toServer.length + this.toClient.length > 0 || this.considered !== undefined; steps++) {
      if (steps > 1000) throw new Error('client and server never come to rest');
      this.moveToServer();
      this.startConsidering();
      this.answerConsidered(true);
    }
  }

  /** An ACK that asks for what the server knows already. The "always respond" mark is the one exception. */
  #isPlainAck({ typeUrl, responseNonce, resourceNames, errorDetail }: DiscoveryRequest): boolean {
    const status = this.server.getStatus().find((watch) => watch.typeUrl === typeUrl);
    return (
      typeUrl !== ENDPOINT_TYPE &&
      errorDetail === undefined &&
      responseNonce !== '' &&
      status?.nonceSent === responseNonce &&
      JSON.stringify(status.names) === JSON.stringify(resourceNames)
    );
  }

  #send(typeUrl: string, names: readonly string[]): void {
    const nonce = `n${++this.responses}`;
    this.server.recordSent(typeUrl, `v${this.responses}`, nonce);
    this.toClient.push(createResponse(typeUrl, `v${this.responses}`, nonce));
    const sent = this.sent.get(typeUrl) ?? new Set();
    for (const name of names) sent.add(name);
    this.sent.set(typeUrl, sent);
  }
}

const action = fc.oneof(
  fc.record({ typeUrl: fc.constantFrom(...TYPES), names: fc.subarray(NAMES) }).map(
    ({ typeUrl, names }) =>
      (line: Line) =>
        line.subscribe(typeUrl, names),
  ),
  fc.constantFrom(
    (line: Line) => line.moveToServer(),
    (line: Line) => line.startConsidering(),
    (line: Line) => line.answerConsidered(true),
    (line: Line) => line.answerConsidered(false),
  ),
  fc.constantFrom(
    (line: Line) => line.push(),
    (line: Line) => line.reconnect(),
  ),
);

const actions = fc.array(action, { maxLength: 60, size: 'max' });

function runActions(chosen: readonly ((line: Line) => void)[]): Line {
  const line = new Line();
  for (const act of chosen) act(line);
  line.settle();
  return line;
}

test('a change of names that crossed a push survives the rejection of that push', () => {
  const line = new Line();
  line.subscribe(ENDPOINT_TYPE, ['a']);
  line.moveToServer();
  line.startConsidering();
  line.push();
  line.subscribe(ENDPOINT_TYPE, ['a', 'b']);
  line.answerConsidered(true);
  line.startConsidering();
  line.answerConsidered(false);
  line.settle();
  expect(line.server.getNames(ENDPOINT_TYPE)).toEqual(['a', 'b']);
});

test('in any order of messages the server ends up watching what the client wants', () => {
  fc.assert(
    fc.property(actions, (chosen) => {
      const line = runActions(chosen);
      for (const [typeUrl, names] of line.wanted) {
        const isWatched = names.length > 0 || isWildcardType(typeUrl);
        expect(new Set(line.server.getNames(typeUrl))).toEqual(new Set(isWatched ? names : []));
      }
    }),
    { numRuns: 1000 },
  );
});

test('in any order of messages every wanted name is answered', () => {
  fc.assert(
    fc.property(actions, (chosen) => {
      const line = runActions(chosen);
      for (const [typeUrl, names] of line.wanted) {
        expect(Array.from(line.sent.get(typeUrl) ?? [])).toEqual(expect.arrayContaining(Array.from(names)));
      }
    }),
    { numRuns: 1000 },
  );
});

test('in any order of messages a response is answered at most once, and an ACK never', () => {
  fc.assert(
    fc.property(actions, (chosen) => {
      const line = runActions(chosen);
      expect(line.violations).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
