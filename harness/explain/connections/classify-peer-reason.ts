import type { ConnectionCause, ProxyCause } from '../cause.ts';
import type { ConnectionEvent } from './connection-finding.ts';

const REASONS: readonly (readonly [reason: RegExp, cause: ConnectionCause | ProxyCause])[] = [
  [/no matching filter chain/, 'no-filter-chain'],
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE|NO_CERTIFICATE/, 'client-certificate-missing'],
  [/CERTIFICATE_VERIFY_FAILED/, 'client-certificate-refused'],
  [/Secret is not supplied/, 'secret-missing'],
];

/** Why a listener turned a connection away; undefined where its words tell nothing. */
export function classifyPeerReason({ reason }: ConnectionEvent): ConnectionCause | ProxyCause | undefined {
  return REASONS.find(([pattern]) => pattern.test(reason))?.[1];
}
