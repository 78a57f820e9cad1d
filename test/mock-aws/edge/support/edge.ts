import type { RawHeaders } from '#core/http-message.ts';
import { applyEdge } from '#mock-aws/edge/apply-edge.ts';
import type { EdgePolicy, EdgeResult } from '#mock-aws/edge/types.ts';

/** What the strict edge of Lambda makes of some headers. */
export function applyEdgeTo(headers: RawHeaders, policy: Partial<EdgePolicy> = {}): EdgeResult {
  const request = { method: 'GET', target: '/a', httpVersion: '1.1', headers, body: Buffer.alloc(0) } as const;
  return applyEdge(request, { service: 'lambda', hostPolicy: 'aws', frontEnd: 'none', ...policy });
}
