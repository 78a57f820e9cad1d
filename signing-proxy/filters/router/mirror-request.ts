import type { ProxyContext } from '../../context.ts';
import type { HeaderMap } from '../../http/header-map.ts';
import type { MirrorPolicy } from '../../routing/mirror-policy.ts';
import { Abandonment } from '../../upstreams/abandonment.ts';
import type { UpstreamCluster } from '../../upstreams/types.ts';

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
 * Sends a copy of a request to a cluster, past the HTTP filters: a signature is copied with it. Nobody waits for the answer,
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
}

/** What Envoy's own HTTP client adds to everything it sends. */
function createCopy({ headers, body, localAddress }: MirroredRequest, { marksHost }: MirrorPolicy): Copy {
  const copy = headers.clone();
  if (marksHost) copy.set(':authority', markHost(copy.get(':authority') ?? ''));
  copy.set('x-envoy-internal', 'true');
  copy.append('x-forwarded-for', localAddress);
  return { headers: copy, body };
}

/** `-shadow` behind the name, before a port. */
function markHost(authority: string): string {
  const [host = '', ...port] = authority.split(':');
  return [`${host}-shadow`, ...port].join(':');
}

async function sendCopy(
  cluster: UpstreamCluster,
  { headers, body }: Copy,
  { context, timeoutMs }: MirrorLimits & { readonly context: ProxyContext },
): Promise<void> {
  const abandonment = new Abandonment();
  const timer =
    timeoutMs > 0 ? context.clock.setTimer(timeoutMs, () => abandonment.abort(new Error('mirror timeout'))) : undefined;
  try {
    const response = await cluster.send({ headers, body, signal: abandonment });
    if (!Buffer.isBuffer(response.body)) await drain(response.body);
  } catch {
    // As in Envoy, the caller of the original is not told.
  } finally {
    timer?.cancel();
  }
}

async function drain(body: NodeJS.ReadableStream): Promise<void> {
  for await (const _ of body);
}
