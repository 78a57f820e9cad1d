import type { Instant } from '#core/clock.ts';
import { redactRequestHead, type RequestHead } from '#core/http-message.ts';
import { formatAddress, type Address } from '#core/address.ts';
import type { ConfigVersion, ServedBy } from '#core/timeline.ts';
import type { ProxyContext } from '../context.ts';
import type { Exchange } from '../filters/types.ts';
import type { DownstreamInfo } from '../listeners/types.ts';
import type { RequestOutcome } from '../routing/substitution-format.ts';
import type { CompiledRoute } from '../routing/types.ts';
import type { UpstreamCluster } from '../upstreams/types.ts';
import type { DownstreamStream } from './codec.ts';
import { listHeaderChanges } from './header-changes.ts';
import type { HeaderMap } from './header-map.ts';
import { CallerGoneError } from './caller-gone-error.ts';
import { RequestBody } from './request-body.ts';
import { toRequestHead } from './request-head.ts';
import type { TraceContext } from './trace-context.ts';

/** The state of one request, from its head to the end of its answer. */
export class ActiveStream implements Exchange {
  readonly headers: HeaderMap;
  readonly downstream: DownstreamInfo;
  readonly protocol: RequestHead['httpVersion'];
  readonly startedAt: Instant;
  readonly received: RequestHead;
  remoteAddress: string;
  readonly body: RequestBody;
  /** The table that the route was looked for in, unless the listener holds it. */
  routes: ConfigVersion | undefined;
  route: CompiledRoute | undefined;
  cluster: UpstreamCluster | undefined;
  trace: TraceContext | undefined;
  responseHeaders: HeaderMap | undefined;
  /** For the access log. */
  bytesReceived = 0;
  bytesSent = 0;
  details: string | undefined;
  outcome: RequestOutcome | undefined;
  localReplyBody: string | undefined;
  #upstream: { readonly endpoint: Address; readonly transportFailure: string | undefined } | undefined;
  readonly #context: ProxyContext;
  /** Made when somebody asks: most requests end without anybody waiting for their end. */
  #abort: AbortController | undefined;
  #isGone = false;
  readonly #whenGone: (() => void)[] = [];
  readonly #flags: string[] = [];
  #logPrefix: string | undefined;

  constructor(stream: DownstreamStream, bodyLimitBytes: number, context: ProxyContext) {
    this.#context = context;
    this.headers = stream.headers;
    this.downstream = stream.downstream;
    this.received = stream.received;
    this.protocol = stream.received.httpVersion;
    this.startedAt = context.clock.now();
    this.remoteAddress = stream.downstream.remoteAddress;
    this.body = new RequestBody(stream.body, { limitBytes: bodyLimitBytes, findTrailers: () => stream.trailers });
  }

  /** Envoy's ids are decimal; they are drawn only when a line needs one. */
  get logPrefix(): string {
    this.#logPrefix ??= `[C${this.downstream.connectionId}][s${this.#context.random.bytes(8).readBigUInt64BE()}]`;
    return this.#logPrefix;
  }

  get clusterName(): string | undefined {
    return this.route?.action.kind === 'forward' ? this.route.action.clusterName : undefined;
  }

  get routeName(): string | undefined {
    return this.route?.name;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isGone) this.#abort.abort(new CallerGoneError());
    return this.#abort.signal;
  }

  whenGone(listener: () => void): void {
    if (this.#isGone) listener();
    else this.#whenGone.push(listener);
  }

  /** Commas between flags, as the access log has them, in Envoy's order; `-` when there is none. */
  get flags(): string {
    return this.#flags.length === 0 ? '-' : this.#flags.toSorted(byEnvoyOrder).join(',');
  }

  /** Ends whatever still works for this request. */
  abort(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#abort?.abort(new CallerGoneError());
    for (const listener of this.#whenGone) listener();
  }

  addFlag(flag: string): void {
    if (!this.#flags.includes(flag)) this.#flags.push(flag);
  }

  /** Takes the route, with its cluster. */
  selectRoute(route: CompiledRoute | undefined): void {
    this.route = route;
    this.cluster = this.clusterName === undefined ? undefined : this.#context.clusters.find(this.clusterName);
  }

  noteUpstream(endpoint: Address, transportFailure?: string): void {
    this.#upstream = { endpoint, transportFailure };
  }

  /** Sums up what became of the request, and makes it readable for substitutions. */
  conclude(answer: HeaderMap | undefined): void {
    const upstream = this.#upstream;
    this.responseHeaders = answer ?? this.responseHeaders;
    this.outcome = {
      status: Number(answer?.get(':status') ?? 0),
      flags: this.flags,
      details: this.details,
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      durationMs: this.#context.clock.now() - this.startedAt,
      upstreamHost: upstream && formatAddress(upstream.endpoint),
      transportFailure: upstream?.transportFailure,
    };
  }

  noteLocalReply(status: number, body: string, headers: HeaderMap): void {
    headers.set(':status', String(status));
    this.localReplyBody = body;
    this.conclude(headers);
  }

  notePassedOn(clusterName: string): void {
    const { route } = this;
    this.#context.timeline.emitLazily(() => {
      const received = redactRequestHead(this.received);
      const sent = redactRequestHead(toRequestHead(this.headers));
      return {
        type: 'hop',
        source: this.#context.source,
        hop: this.#context.proxyName,
        kind: 'proxy',
        received,
        sent,
        to: clusterName,
        ...(route === undefined ? {} : { route: route.name === '' ? route.virtualHost : route.name }),
        changes: listHeaderChanges(received, sent),
        servedBy: this.#servedBy(),
      };
    });
  }

  /** Names the route and the upstream cluster as well, where it came so far. */
  noteAnsweredLocally(status: number, detail: string): void {
    const { route, clusterName } = this;
    this.#context.timeline.emitLazily(() => ({
      type: 'hop',
      source: this.#context.source,
      hop: this.#context.proxyName,
      kind: 'proxy',
      received: redactRequestHead(this.received),
      ...(clusterName === undefined ? {} : { to: clusterName }),
      ...(route === undefined ? {} : { route: route.name === '' ? route.virtualHost : route.name }),
      changes: [],
      servedBy: this.#servedBy(),
      answeredLocally: { status, flags: this.flags, detail },
    }));
  }

  noteAnswered(headers: HeaderMap): void {
    this.#context.timeline.emitLazily(() => {
      const requestId = this.headers.get('x-request-id');
      return {
        type: 'hop-answered',
        source: this.#context.source,
        hop: this.#context.proxyName,
        response: { status: Number(headers.get(':status')), headers: headers.toRaw() },
        ...(requestId === undefined ? {} : { requestId }),
      };
    });
  }

  #servedBy(): ServedBy {
    const { listener } = this.downstream;
    return this.routes === undefined ? { listener } : { listener, routes: this.routes };
  }
}

/** The retry limit is the one flag that stands behind others (envoyproxy/envoy `source/common/stream_info/utility.h`). */
function byEnvoyOrder(a: string, b: string): number {
  return Number(a === 'URX') - Number(b === 'URX');
}
