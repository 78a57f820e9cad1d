import type { Clock, Instant } from '#core/clock.ts';
import type { Timeline } from '#core/timeline.ts';
import { isAtLeast, parseLogLevels, type LogLevel } from './log-levels.ts';

/** How many lines are kept; older ones are dropped, as a container runtime rotates them. */
const MAX_LINES = 10_000;

/** One line as `kubectl logs -c istio-proxy` prints it, and when it was written. */
export interface LogLine {
  readonly at: Instant;
  readonly text: string;
}

/** The proxy's log. Components are Envoy's: `http`, `router`, `aws`, `connection`, `upstream`, `config`, `filter`. */
export interface ProxyLog {
  /** A text that is made when it is asked for costs nothing where the line would not be printed. */
  trace(component: string, text: string | (() => string)): void;
  debug(component: string, text: string | (() => string)): void;
  info(component: string, text: string): void;
  warning(component: string, text: string): void;
  error(component: string, text: string): void;
  /** Writes a line of an access log, as it is. */
  access(line: string): void;
  /** Whether a line would be printed: ask before building an expensive text. */
  isEnabled(level: LogLevel, component: string): boolean;
  /** Changes levels from now on; the form is that of {@link parseLogLevels}. */
  setLevels(levels: string): void;
  /** The levels in force, in the same form. */
  levels(): string;
  /** The lines so far, oldest first. */
  entries(): readonly LogLine[];
  /** Their texts. */
  lines(): readonly string[];
}

export interface ProxyLogOptions {
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** The `source` of the timeline events. */
  readonly source: string;
  /** Default `warning`, as Istio starts Envoy. */
  readonly levels?: string;
  /** Takes every line as it is written, as a process prints it. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Takes the lines of access logs, which go to standard output. */
  readonly onAccessLine?: ((line: string) => void) | undefined;
}

/** Creates a log that keeps its lines in memory and tells each to the timeline. */
export function createProxyLog(options: ProxyLogOptions): ProxyLog {
  const { clock, timeline, source, onLine } = options;
  const entries: LogLine[] = [];
  let levels = parseLogLevels(options.levels ?? 'warning');

  const isEnabled = (level: LogLevel, component: string) =>
    // Most lines are of no interest to anybody: that is seen without looking for the component.
    isAtLeast(level, levels.loudest) && isAtLeast(level, levels.components.get(component) ?? levels.overall);

  const keep = (line: string) => {
    entries.push({ at: clock.now(), text: line });
    if (entries.length > MAX_LINES) entries.splice(0, entries.length - MAX_LINES);
  };

  const write = (level: LogLevel) => (component: string, described: string | (() => string)) => {
    if (!isEnabled(level, component)) return;
    const text = typeof described === 'string' ? described : described();
    const at = clock.now();
    const line = `${formatTime(at)}\t${level}\tenvoy ${component}\t${text}`;
    keep(line);
    onLine?.(line);
    timeline.emit({ type: 'log', source, level, component, text });
  };

  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warning: write('warning'),
    error: write('error'),
    access(line) {
      keep(line);
      options.onAccessLine?.(line);
      timeline.emit({ type: 'log', source, level: 'info', component: 'access', text: line });
    },
    isEnabled,
    setLevels: (text) => void (levels = parseLogLevels(text)),
    levels: () => [levels.overall, ...Array.from(levels.components, (pair) => pair.join(':'))].join(','),
    entries: () => entries,
    lines: () => entries.map(({ text }) => text),
  };
}

/** Microseconds, as Istio formats Envoy's lines: `2022-08-01T21:42:51.857821Z`. */
function formatTime(instant: Instant): string {
  const micros = String(Math.floor((instant % 1) * 1000)).padStart(3, '0');
  return new Date(instant).toISOString().replace('Z', `${micros}Z`);
}
