/** What an access log says about one request. Absent fields were not in the format, or were `-`. */
export interface AccessLogEntry {
  /** `GET` and `/cat`; absent for a TCP connection. */
  readonly method?: string;
  readonly path?: string;
  /** 0 when there was none. */
  readonly status: number;
  /** `UF,URX`; empty for none. */
  readonly flags: string;
  readonly details?: string;
  readonly transportFailure?: string;
  readonly durationMs?: number;
  readonly authority?: string;
  readonly upstreamHost?: string;
  readonly upstreamCluster?: string;
  readonly route?: string;
}

/** What is known of a line before absent values are left out. */
type Draft = { readonly [Name in keyof AccessLogEntry]?: string | undefined };

/** Reads a line of an access log in Envoy's default format, in Istio's, or in JSON with Envoy's names; undefined for any other. */
export function parseAccessLogLine(line: string): AccessLogEntry | undefined {
  const trimmed = line.trim();
  return trimmed.startsWith('{') ? parseJsonLine(trimmed) : parseTextLine(trimmed);
}

const TEXT_LINE = /^\[[^\]]*\] "([^"]*)" (\d{1,3}) (-|[A-Z][A-Z,]*) (.+)$/;
const TOKEN = /"((?:[^"\\]|\\.)*)"|\S+/g;

/**
 * `[START] "GET /cat HTTP/1.1" 503 UC <0 95 12 - | details termination "transport failure" 0 95 12 -> "xff" "agent" "id" "authority"
 * "host"`, and in Istio's format cluster, three addresses, SNI and route.
 */
function parseTextLine(line: string): AccessLogEntry | undefined {
  const [, request = '', status, flags, rest = ''] = TEXT_LINE.exec(line) ?? [];
  if (status === undefined || flags === undefined) return undefined;
  const tokens = Array.from(rest.matchAll(TOKEN), ([word, quoted]) => quoted ?? word);
  const counts = tokens.findIndex((_, index) => [0, 1, 2].every((next) => /^\d+$/.test(tokens[index + next] ?? '')));
  if (counts === -1) return undefined;
  const [details, , transportFailure] = counts === 3 ? tokens : counts === 2 ? [undefined, undefined, tokens[1]] : [];
  const [method, path] = request.split(' ');
  const after = tokens.slice(counts + 4);
  const [, , , authority, upstreamHost, upstreamCluster, , , , , route] = after;
  const durationMs = tokens[counts + 2];
  return createEntry({
    method,
    path,
    status,
    flags,
    details,
    transportFailure,
    durationMs,
    authority,
    upstreamHost,
    upstreamCluster,
    route,
  });
}

/** A JSON format is the user's own; its names are Envoy's in nearly all of them. */
function parseJsonLine(line: string): AccessLogEntry | undefined {
  let fields: Map<string, string>;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    fields = new Map(
      Object.entries(parsed).flatMap(([name, value]: [string, unknown]) =>
        typeof value === 'string' || typeof value === 'number' ? [[foldName(name), String(value)] as const] : [],
      ),
    );
  } catch {
    return undefined;
  }
  const find = (...names: string[]) => names.map((name) => fields.get(name)).find((value) => value !== undefined);
  const status = find('responsecode', 'status', 'statuscode');
  const flags = find('responseflags', 'flags');
  if (status === undefined || flags === undefined || !/^(\d{1,3}|-)$/.test(status)) return undefined;
  return createEntry({
    status,
    flags,
    method: find('method', 'requestmethod'),
    path: find('path', 'requestpath'),
    details: find('responsecodedetails'),
    transportFailure: find('upstreamtransportfailurereason'),
    durationMs: find('duration', 'durationms'),
    authority: find('authority', 'host'),
    upstreamHost: find('upstreamhost'),
    upstreamCluster: find('upstreamcluster'),
    route: find('routename', 'route'),
  });
}

/** `response_flags`, `responseFlags` and `response-flags` are one name. */
function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

function createEntry({ status, flags, durationMs, ...texts }: Draft): AccessLogEntry {
  const present = Object.entries(texts).filter(([, value]) => value !== undefined && value !== '-' && value !== '');
  return {
    ...(Object.fromEntries(present) as Partial<AccessLogEntry>),
    status: Number(status === '-' ? 0 : status),
    flags: flags === undefined || flags === '-' ? '' : flags,
    ...(durationMs !== undefined && /^\d+$/.test(durationMs) ? { durationMs: Number(durationMs) } : {}),
  };
}
