import type { ProxyContext } from '../../context.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import type { MirrorPolicy } from '../../routing/mirror-policy.ts';
import { RequestBody } from '../../http/request-body.ts';
import { Abandonment, type AbandonSignal } from '../../upstreams/abandonment.ts';
import type { UpstreamAttempt, UpstreamCluster } from '../../upstreams/types.ts';
import { FilteredAttempt } from './filtered-attempt.ts';

/** A request that was sent, as it left the router for the first time. */
export interface MirroredRequest {
  readonly headers: HeaderMap;
  readonly body: Buffer | undefined;
  readonly logPrefix: string;
  /** Where this proxy was called: Envoy's own HTTP client names itself as one more hop. */
  readonly localAddress: string;
}

/** 0 means none. */
export interface MirrorLimits {
  readonly timeoutMs: number;
}

/**
 * Sends a copy of a request to a cluster, past the HTTP filters of the listener: a signature is copied with it. Those of the
 * cluster see the copy, without the settings of any route (measured with 1.40). Nobody waits for the answer,
 * and nobody hears of a failure (envoyproxy/envoy `source/common/router/shadow_writer_impl.cc`).
 */
export function mirrorRequest(
  request: MirroredRequest,
  policy: MirrorPolicy,
  { context, timeoutMs }: MirrorLimits & { readonly context: ProxyContext },
): void {
  const name = policy.findName(request.headers);
  if (name === '' || !happens(policy.ratio, context)) return;
  const cluster = context.clusters.find(name);
  if (cluster === undefined) {
    context.log.debug('router', () => `${request.logPrefix} shadow cluster '${name}' does not exist`);
    return;
  }
  void sendCopy(cluster, createCopy(request, policy), { context, timeoutMs });
}

function happens(ratio: number, { random }: ProxyContext): boolean {
  return ratio > 0 && (ratio >= 1 || random.float() < ratio);
}

interface Copy {
  readonly headers: HeaderMap;
  readonly body: Buffer | undefined;
  readonly logPrefix: string;
}

/** What Envoy's own HTTP client adds to everything it sends. */
function createCopy({ headers, body, localAddress, logPrefix }: MirroredRequest, { marksHost }: MirrorPolicy): Copy {
  const copy = headers.clone();
  if (marksHost) copy.set(':authority', markHost(copy.get(':authority') ?? ''));
  copy.set('x-envoy-internal', 'true');
  copy.append('x-forwarded-for', localAddress);
  return { headers: copy, body, logPrefix };
}

/** `-shadow` behind the name, before a port. */
function markHost(authority: string): string {
  const [host = '', ...port] = authority.split(':');
  return [`${host}-shadow`, ...port].join(':');
}

async function sendCopy(
  cluster: UpstreamCluster,
  copy: Copy,
  { context, timeoutMs }: MirrorLimits & { readonly context: ProxyContext },
): Promise<void> {
  const abandonment = new Abandonment();
  const timer =
    timeoutMs > 0 ? context.clock.setTimer(timeoutMs, () => abandonment.abort(new Error('mirror timeout'))) : undefined;
  try {
    const response = await cluster.send(createAttempt(cluster, copy, abandonment));
    if (!Buffer.isBuffer(response.body)) await drain(response.body);
  } catch {
    // As in Envoy, the caller of the original is not told.
  } finally {
    timer?.cancel();
  }
}

function createAttempt(
  cluster: UpstreamCluster,
  { headers, body, logPrefix }: Copy,
  signal: AbandonSignal,
): UpstreamAttempt {
  if (cluster.filters === undefined) return { headers, body, signal };
  const held = new RequestBody(body, { limitBytes: body?.length ?? 0, findTrailers: () => undefined });
  const request = { logPrefix, headers, body: held, route: undefined, cluster };
  const filtered = new FilteredAttempt(request, cluster.filters);
  return {
    headers,
    signal,
    get body() {
      return filtered.body.content;
    },
    prepare: () => filtered.prepare(signal),
  };
}

async function drain(body: NodeJS.ReadableStream): Promise<void> {
  for await (const _ of body);
}
