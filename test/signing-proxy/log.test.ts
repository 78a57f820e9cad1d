import { describe, expect, test } from 'vitest';
import { createTimeline } from '#core/timeline.ts';
import { createVirtualClock } from '#core/virtual-clock.ts';
import { createProxyLog, type ProxyLog } from '#signing-proxy/log.ts';

function setUp(levels?: string): { log: ProxyLog; events: () => number } {
  const clock = createVirtualClock({ start: Date.UTC(2022, 7, 1, 21, 42, 51, 857) });
  const timeline = createTimeline(clock);
  return {
    log: createProxyLog({ clock, timeline, source: 'proxy "a"', ...(levels === undefined ? {} : { levels }) }),
    events: () => timeline.events().length,
  };
}

describe('the log of a proxy', () => {
  test('prints lines as Istio does', () => {
    const { log } = setUp();
    log.error('aws', 'Could not retrieve credentials listing from the instance metadata');
    expect(log.lines()).toEqual([
      '2022-08-01T21:42:51.857000Z\terror\tenvoy aws\tCould not retrieve credentials listing from the instance metadata',
    ]);
  });

  test('prints warnings and worse unless told otherwise', () => {
    const { log, events } = setUp();
    log.info('config', 'no');
    log.warning('config', 'yes');
    expect(log.lines()).toHaveLength(1);
    expect(events()).toBe(1);
  });

  test('filters by component', () => {
    const { log } = setUp('warning,aws:debug,misc:off');
    log.debug('aws', 'yes');
    log.debug('http', 'no');
    log.error('misc', 'no');
    expect(log.lines()).toHaveLength(1);
    expect(log.isEnabled('trace', 'aws')).toBe(false);
  });

  test('takes new levels at any time', () => {
    const { log } = setUp();
    log.setLevels('trace');
    log.trace('http', 'yes');
    log.setLevels('off');
    log.error('http', 'no');
    expect(log.lines()).toHaveLength(1);
  });

  test('forgets the oldest lines', () => {
    const { log } = setUp();
    for (let line = 0; line < 10_050; line++) log.warning('http', String(line));
    expect(log.lines()).toHaveLength(10_000);
    expect(log.lines()[0]).toMatch(/\t50$/);
  });
});
