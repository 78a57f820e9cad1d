import type { ReceivedRequest } from '../sigv4/types.ts';
import { applyAuthorityOverHost } from './authority-over-host.ts';
import { applyForwardedHeaders } from './forwarded-headers.ts';
import { HeaderDraft } from './header-draft.ts';
import { applyHopByHop } from './hop-by-hop.ts';
import { applyHostPort } from './host-port.ts';
import { findReservedHeaderRefusal } from './reserved-headers.ts';
import type { EdgePolicy, EdgeResult } from './types.ts';

/**
 * Does to a request what AWS's front end does before the signature is verified, and tells every change.
 *
 * A verifier that recomputes over what it received accepts the very requests that AWS refuses, such as one with
 * `Host: name:9080`; so this comes first, one rule per file, each with its evidence.
 */
export function applyEdge(request: ReceivedRequest, policy: EdgePolicy): EdgeResult {
  const draft = new HeaderDraft(request.headers);
  const refusal = findReservedHeaderRefusal(draft, policy);
  if (refusal !== undefined) return { request, changes: [], refusal };
  applyAuthorityOverHost(draft);
  applyHostPort(draft, policy);
  applyHopByHop(draft);
  applyForwardedHeaders(draft, policy);
  const { method, target, httpVersion, body } = request;
  return { request: { method, target, httpVersion, headers: draft.toHeaders(), body }, changes: draft.changes };
}
