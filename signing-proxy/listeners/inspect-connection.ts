import type { Duplex } from 'node:stream';
import type { Clock } from '#core/clock.ts';
import { parseClientHello } from './client-hello.ts';
import { detectHttpProtocol } from './http-preface.ts';
import { peek } from './peek.ts';

/** What the listener filters look for. */
export interface Inspection {
  readonly looksForTls: boolean;
  readonly looksForHttp: boolean;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** What the first bytes tell about a connection. */
export interface FirstBytes {
  /** In lower case; empty when there is none. */
  readonly serverName: string;
  readonly transportProtocol: 'tls' | 'raw_buffer';
  readonly applicationProtocols: readonly string[];
}

/** What is assumed of a connection that nobody looked into. */
export const UNINSPECTED: FirstBytes = { serverName: '', transportProtocol: 'raw_buffer', applicationProtocols: [] };

/** Does the work of `tls_inspector` and `http_inspector` without consuming anything. */
export async function inspectConnection(
  stream: Duplex,
  inspection: Inspection,
): Promise<FirstBytes | 'timeout' | 'closed'> {
  if (!inspection.looksForTls && !inspection.looksForHttp) return UNINSPECTED;
  return await peek(stream, {
    clock: inspection.clock,
    timeoutMs: inspection.timeoutMs,
    inspect: (bytes) => inspectBytes(bytes, inspection),
  });
}

function inspectBytes(bytes: Buffer, { looksForTls, looksForHttp }: Inspection): FirstBytes | undefined {
  const hello = looksForTls ? parseClientHello(bytes) : 'not-tls';
  if (hello === 'incomplete') return undefined;
  if (hello !== 'not-tls') {
    return {
      serverName: hello.serverName ?? '',
      transportProtocol: 'tls',
      applicationProtocols: hello.applicationProtocols,
    };
  }
  const protocol = looksForHttp ? detectHttpProtocol(bytes) : undefined;
  if (protocol === 'incomplete') return undefined;
  return protocol === undefined ? UNINSPECTED : { ...UNINSPECTED, applicationProtocols: [protocol] };
}
