import { createServer } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAuthority, hashCertificate } from '#core/certificates.ts';
import { excerptLine } from '#core/excerpt.ts';
import { exposePort } from '#core/expose-port.ts';
import { createHostNetwork } from '#core/host-network.ts';
import { getHeader, getHeaderValues, redactRequestHead } from '#core/http-message.ts';
import { findNearest } from '#core/nearest.ts';
import { createRandom } from '#core/random.ts';
import { createRealClock } from '#core/real-clock.ts';
import { createTimeline, eventsOfType } from '#core/timeline.ts';
import { createTimerQueue } from '#core/timer-queue.ts';

test('the same seed gives the same stream, and forks do not disturb each other', () => {
  const one = createRandom('7f3a91c2');
  const other = createRandom('7f3a91c2');
  other.fork('unrelated').bytes(100);
  expect(one.fork('proxy').uuid()).toBe(other.fork('proxy').uuid());
  expect(one.uuid()).toBe(other.uuid());
  expect(one.fork('a').hex(8)).not.toBe(one.fork('b').hex(8));
});

test('a random integer stays within its bounds', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: -1000, max: 1000 }), fc.nat(1000), (seed, min, span) => {
      const drawn = createRandom(seed).integer(min, min + span);
      return drawn >= min && drawn <= min + span;
    }),
  );
});

test('a UUID has version 4 and the right variant', () => {
  expect(createRandom('x').uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('the same seed gives the same certificate, byte for byte', async () => {
  const issue = async () => {
    const authority = await createAuthority({ commonName: 'root', random: createRandom('seed') });
    return await authority.issue({ dnsNames: ['a.test'] });
  };
  const [one, other] = [await issue(), await issue()];
  expect(one).toEqual(other);
  expect(hashCertificate(one.certificatePem)).toMatch(/^[0-9a-f]{64}$/);
});

test('a long line is shown around the column that matters', () => {
  const line = `${'a'.repeat(1000)}!${'b'.repeat(1000)}`;
  const { text, column } = excerptLine(line, 1001);
  expect(text.length).toBe(120);
  expect(text[column - 1]).toBe('!');
  expect(excerptLine('short!', 6)).toEqual({ text: 'short!', column: 6 });
  expect(excerptLine('\t\0\x1b[2J', 1).text).toBe(' ??[2J');
});

test('the timer queue gives timers back in order, whatever was cancelled', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(50), isCancelled: fc.boolean() })), (wanted) => {
      const queue = createTimerQueue();
      const fired: number[] = [];
      const timers = wanted.map(({ at }, index) => queue.add(at, () => fired.push(index)));
      wanted.forEach(({ isCancelled }, index) => isCancelled && timers[index]?.cancel());
      while (queue.size() > 0) queue.take()?.fire();
      const expected = wanted
        .map((timer, index) => ({ ...timer, index }))
        .filter(({ isCancelled }) => !isCancelled)
        .sort((a, b) => a.at - b.at || a.index - b.index)
        .map(({ index }) => index);
      expect(fired).toEqual(expected);
    }),
  );
});

test('the nearest name is suggested, a far one is not', () => {
  const known = ['perTryTimeout', 'attempts', 'retryOn'];
  expect(findNearest('perTryTimout', known)).toBe('perTryTimeout');
  expect(findNearest('completelyDifferent', known)).toBeUndefined();
  expect(findNearest('x', [])).toBeUndefined();
});

test('headers are found whatever their case', () => {
  const headers = ['Host', 'a', 'X-One', '1', 'x-one', '2'];
  expect([getHeader(headers, 'HOST'), getHeaderValues(headers, 'X-ONE')]).toEqual(['a', ['1', '2']]);
});

test('session tokens are hidden in headers and in presigned queries', () => {
  const head = redactRequestHead({
    method: 'GET',
    target: '/?X-Amz-Security-Token=secret%2F&X-Amz-Date=1',
    httpVersion: '1.1',
    headers: ['X-Amz-Security-Token', 'secret'],
  });
  expect(JSON.stringify(head)).not.toContain('secret');
  expect(head.target).toContain('X-Amz-Date=1');
});

test('a timeline numbers events, stamps them, and survives a reader that throws', () => {
  const timeline = createTimeline({ now: () => 42 });
  const seen: string[] = [];
  const silenced = process.stderr.write.bind(process.stderr);
  process.stderr.write = () => true;
  timeline.subscribe(() => {
    throw new Error('broken reader');
  });
  timeline.subscribe((event) => seen.push(event.type));
  timeline.emit({ type: 'log', source: 'runner', level: 'info', component: 'x', text: 'one' });
  process.stderr.write = silenced;
  expect(seen).toEqual(['log']);
  expect(eventsOfType(timeline.events(), 'log')).toMatchObject([{ seq: 1, at: 42, text: 'one' }]);
});

test('a taken port is named, with the process that has it', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', () => resolve()));
  const address = holder.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const network = createHostNetwork(createRealClock());
  const attempt = exposePort({
    clock: createRealClock(),
    port: address.port,
    connect: () => network.connect('machine', { host: '127.0.0.1', port: 1 }),
  });
  await expect(attempt).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringMatching(
      new RegExp(`port ${address.port} is taken by (process ${process.pid} \\(.+\\)|another process)`),
    ) as string,
  });
  holder.close();
});
