import type { TimelineEvent } from '#core/timeline.ts';
import type { Screen } from './screen.ts';

/** What runs now, on stderr: one line redrawn on a terminal, a line after every quiet half minute without one. */
export interface Progress {
  start(scenario: string): void;
  read(event: TimelineEvent): void;
  end(): void;
}

const REDRAW_MS = 100;
const QUIET_MS = 30_000;
const LINE_WIDTH = 79;

export function createProgress(screen: Screen, wallNow: () => number): Progress {
  const runStart = wallNow();
  let lastShown = runStart;
  let scenario = '';
  let step = 'starting';

  return {
    start(name) {
      scenario = name;
      step = 'starting';
    },
    read(event) {
      if (event.type === 'step-started') step = `step ${event.step}, ${event.title}`;
      const now = wallNow();
      if (now - lastShown < (screen.isInteractive ? REDRAW_MS : QUIET_MS)) return;
      lastShown = now;
      const line = screen.isInteractive
        ? `running  ${scenario}  ${step}`.slice(0, LINE_WIDTH)
        : `${formatElapsed(now - runStart)}  still running: ${scenario}, ${step}`;
      screen.showProgress(line);
    },
    end() {
      if (screen.isInteractive) screen.showProgress(undefined);
    },
  };
}

/** `0:30`. */
function formatElapsed(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
