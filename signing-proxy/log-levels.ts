const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'] as const;

const RANKS = Object.fromEntries(LEVELS.map((level, rank) => [level, rank])) as Readonly<Record<LogLevel, number>>;

/** Envoy's levels, quietest last. */
export type LogLevel = (typeof LEVELS)[number];

/** A level for everything, and other levels for some components. */
export interface LogLevels {
  readonly overall: LogLevel;
  readonly components: ReadonlyMap<string, LogLevel>;
  /** The one of all these that prints most. */
  readonly loudest: LogLevel;
}

/**
 * Reads a level as Istio's annotations give it: `debug`, `warning,misc:error` or `aws:trace,http:debug`.
 *
 * Names that Envoy does not know are ignored, as its agent does; without a level for everything it is `warning`.
 */
export function parseLogLevels(text: string): LogLevels {
  let overall: LogLevel = 'warning';
  const components = new Map<string, LogLevel>();
  for (const part of text.split(',')) {
    const [first = '', second] = part.trim().split(':');
    if (second === undefined && isLogLevel(first)) overall = first;
    else if (second !== undefined && isLogLevel(second)) components.set(first, second);
  }
  const [loudest = overall] = [overall, ...components.values()].sort((a, b) => RANKS[a] - RANKS[b]);
  return { overall, components, loudest };
}

/** Whether a line of `level` is printed where `threshold` is set. */
export function isAtLeast(level: LogLevel, threshold: LogLevel): boolean {
  return threshold !== 'off' && RANKS[level] >= RANKS[threshold];
}

function isLogLevel(text: string): text is LogLevel {
  return (LEVELS as readonly string[]).includes(text);
}
