import { getHeader } from '#core/http-message.ts';
import type { TimelineEventOf } from '#core/timeline.ts';
import { findCanonicalValue } from './canonical-value.ts';
import { EDGE } from './locate-change.ts';
import type { RequestTrace } from './trace-request.ts';

/** One hop of a request, as a row of the path table. */
export interface PathRow {
  /** Counts from 1. */
  readonly number: number;
  readonly name: string;
  readonly action: string;
  readonly note: string;
}

/** The path of a request: caller, hops, AWS's edge, the service. `check` names what the service refused. */
export function createPathRows(trace: RequestTrace, check: string): PathRow[] {
  const { call, hops, verdict } = trace;
  const rows: Omit<PathRow, 'number'>[] = [
    ...(call === undefined ? [] : [createCallRow(call)]),
    ...hops.map((hop) => (hop.kind === 'port-forward' ? createForwardRow(hop) : createProxyRow(hop, trace))),
    createEdgeRow(verdict),
    { name: verdict.service, action: String(verdict.status), note: `checks failed: ${check}` },
  ];
  return rows.map((row, index) => ({ number: index + 1, ...row }));
}

/** The path of a request that a proxy answered: each process once, the last of them with its answer. */
export function createHopRows(call: TimelineEventOf<'call'>, hops: readonly TimelineEventOf<'hop'>[]): PathRow[] {
  const latest = [...new Map(hops.map((hop) => [hop.source, hop])).values()];
  const rows = [
    createCallRow(call),
    ...latest.map((hop) => (hop.kind === 'port-forward' ? createForwardRow(hop) : createPassingRow(hop))),
  ];
  return rows.map((row, index) => ({ number: index + 1, ...row }));
}

/** Number of the row of a process; undefined when the path does not show it. */
export function findRowNumber(rows: readonly PathRow[], name: string): number | undefined {
  return rows.findLast((row) => row.name === name)?.number;
}

function createCallRow({ source, request }: TimelineEventOf<'call'>): Omit<PathRow, 'number'> {
  const host = findCanonicalValue(request.headers, 'host');
  return {
    name: source,
    action: `${request.method} ${request.target}`,
    note: host === undefined ? 'no host' : `host ${host}`,
  };
}

function createForwardRow(hop: TimelineEventOf<'hop'>): Omit<PathRow, 'number'> {
  return { name: 'port-forward', action: hop.hop.replace(/^port-forward /, ''), note: describeHost(hop) };
}

function createPassingRow(hop: TimelineEventOf<'hop'>): Omit<PathRow, 'number'> {
  const { method, target } = hop.sent ?? hop.received;
  const { answeredLocally: answer } = hop;
  const note = answer === undefined ? describeHost(hop) : `answers ${answer.status} itself, flags ${answer.flags}`;
  return { name: hop.source, action: `${method} ${target}`, note };
}

function createProxyRow(hop: TimelineEventOf<'hop'>, { signed, unsigned }: RequestTrace): Omit<PathRow, 'number'> {
  const { method, target } = hop.sent ?? hop.received;
  return { name: hop.source, action: `${method} ${target}`, note: describeProxy(hop, { signed, unsigned }) };
}

function describeProxy(
  hop: TimelineEventOf<'hop'>,
  { signed, unsigned }: Pick<RequestTrace, 'signed' | 'unsigned'>,
): string {
  if (signed !== undefined && signed.source === hop.source) {
    const host = getHeader(signed.request.headers, 'host') ?? '';
    return `signs ${signed.signedHeaders.length} headers, host ${/:\d+$/.test(host) ? 'with' : 'without'} port`;
  }
  if (unsigned !== undefined && unsigned.source === hop.source) return 'leaves it unsigned';
  return describeHost(hop);
}

function describeHost({ received, sent }: TimelineEventOf<'hop'>): string {
  const from = findCanonicalValue(received.headers, 'host');
  const to = sent === undefined ? undefined : findCanonicalValue(sent.headers, 'host');
  return from === to || to === undefined ? 'host unchanged' : `host becomes ${to}`;
}

function createEdgeRow({ edgeChanges }: TimelineEventOf<'verdict'>): Omit<PathRow, 'number'> {
  const port = edgeChanges.find(({ rule }) => rule === 'host-port');
  const [first] = edgeChanges;
  if (port?.from !== undefined && port.to !== undefined) {
    return { name: EDGE, action: `removes "${port.from.slice(port.to.length)}"`, note: describeRule(port) };
  }
  if (first === undefined) return { name: EDGE, action: 'changes nothing', note: '' };
  return { name: EDGE, action: `changes ${first.header}`, note: describeRule(first) };
}

function describeRule({ rule, evidence }: { readonly rule: string; readonly evidence?: string }): string {
  return evidence === undefined ? `rule ${rule}` : `rule ${rule}, ${evidence}`;
}
