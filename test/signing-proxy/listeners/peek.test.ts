import { text } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { peek } from '#signing-proxy/listeners/peek.ts';

const wholeLine = (bytes: Buffer) => (bytes.includes('\n') ? { line: bytes.toString('latin1') } : undefined);

describe('peek', () => {
  test('leaves every byte to the next reader, however they are cut', async () => {
    using clock = createVirtualClock();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
        async (parts) => {
          const stream = new PassThrough();
          const peeked = peek(stream, { inspect: wholeLine, clock, timeoutMs: 0 });
          for (const part of [...parts, '\n', 'rest']) {
            stream.write(part);
            await Promise.resolve();
          }
          await peeked;
          stream.end();
          expect(await text(stream)).toBe(`${parts.join('')}\nrest`);
        },
      ),
    );
  });

  test('gives up after its time', async () => {
    using clock = createVirtualClock();
    const started = clock.now();
    const stream = new PassThrough();
    stream.write('no line');
    expect(await peek(stream, { inspect: wholeLine, clock, timeoutMs: 15_000 })).toBe('timeout');
    expect(clock.now() - started).toBe(15_000);
  });

  test('tells when the stream ends first', async () => {
    using clock = createVirtualClock();
    const stream = new PassThrough();
    stream.end('no line');
    expect(await peek(stream, { inspect: wholeLine, clock, timeoutMs: 15_000 })).toBe('closed');
    expect(clock.pendingTimers()).toBe(0);
  });
});
