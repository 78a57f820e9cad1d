import type { Instant } from '#core/clock.ts';

/** One entry of a log: its first line without the prefix, and the lines that follow it. */
export interface LogEntry {
  readonly at: Instant;
  readonly text: string;
  readonly lines: readonly string[];
  /** `C0/123`: the connection and the stream that it is about, where it says. */
  readonly stream: string | undefined;
}

/** `2022-08-01T22:27:36.861326Z<tab>debug<tab>envoy router ...`: Istio's prefix (gateways.md 2.6). */
const ISTIO_LINE = /^(?:\[[^\]]*\] )?(\d{4}-\d\d-\d\dT[\d:.]+Z)\s+[a-z]+\s+envoy \S+\s+(.*)$/;
/** `[2022-08-01 22:27:36.861][25][debug][router] ...`: Envoy's own default format. */
const ENVOY_LINE = /^\[(\d{4}-\d\d-\d\d) ([\d:.]+)\]\[\d+\]\[[a-z]+\]\[[\w.]+\]\s*(.*)$/;

/** Splits a log into its entries. Text before the first one is left out; Markdown's blanks at line ends are no part of it. */
export function splitEnvoyLog(text: string): LogEntry[] {
  const entries: { at: Instant; text: string; lines: string[]; stream: string | undefined }[] = [];
  for (const line of text.split('\n')) {
    // Newer releases of Istio end an entry in the number of its thread.
    const trimmed = line.replace(/\s+thread=\d+\s*$/, '').trimEnd();
    const start = readStart(trimmed);
    if (start !== undefined) entries.push({ ...start, lines: [], stream: readStream(start.text) });
    else entries.at(-1)?.lines.push(trimmed);
  }
  return entries;
}

function readStart(line: string): { at: Instant; text: string } | undefined {
  const [, istioTime, istioText] = ISTIO_LINE.exec(line) ?? [];
  if (istioTime !== undefined && istioText !== undefined) return { at: Date.parse(istioTime), text: istioText };
  const [, day, time, text] = ENVOY_LINE.exec(line) ?? [];
  if (day === undefined || time === undefined || text === undefined) return undefined;
  return { at: Date.parse(`${day}T${time}Z`), text };
}

/** `[C22][s141]` in older releases, `[Tags: "ConnectionId":"22","StreamId":"141"]` in newer ones. */
function readStream(text: string): string | undefined {
  const [, connection, stream] =
    /\[C(\d+)\]\[[sS](\d+)\]/.exec(text) ?? /"ConnectionId":"(\d+)","StreamId":"(\d+)"/.exec(text) ?? [];
  return connection === undefined || stream === undefined ? undefined : `C${connection}/${stream}`;
}
