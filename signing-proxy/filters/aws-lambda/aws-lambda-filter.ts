import { hash } from 'node:crypto';
import { AwsLambdaConfigSchema, AwsLambdaPerRouteConfigSchema } from '#xds/generated/messages.js';
import type { ProxyContext } from '../../context.ts';
import type { Histogram } from '../../histogram.ts';
import type { Stat } from '../../stats.ts';
import type { ClusterFacts } from '../../upstreams/cluster-facts.ts';
import { EMPTY_PAYLOAD_HASH, RequestSigner, type SigningPlan } from '../aws/request-signer.ts';
import { defineFilter } from '../filter-factory.ts';
import type { FilteredRequest, FilterResult, ResponseExchange, ResponseHandler, UpstreamFilter } from '../filter.ts';
import { withWholeBody } from '../with-whole-body.ts';
import { applyLambdaAnswer } from './lambda-answer.ts';
import { createLambdaEvent } from './lambda-event.ts';
import { compileLambdaSettings, type LambdaSettings } from './lambda-settings.ts';

/** `envoy.filters.http.aws_lambda`: turns a request into an Invoke call and signs what will be sent (gateways.md 1). */
export const awsLambdaFilter = defineFilter({
  canonicalName: 'envoy.filters.http.aws_lambda',
  schema: AwsLambdaConfigSchema,
  create: (config, name, context) =>
    new AwsLambdaFilter(name, { settings: compileLambdaSettings(config, context), asksCluster: true }, context),
  perRoute: {
    schema: AwsLambdaPerRouteConfigSchema,
    compile: ({ invokeConfig }, context) => compileLambdaSettings(invokeConfig, context),
  },
  upstream: {
    isIn: ({ lambda }) => lambda.options.has('upstream_filter'),
    create: (config, name, context) =>
      new AwsLambdaFilter(name, { settings: compileLambdaSettings(config, context), asksCluster: false }, context),
  },
});

interface LambdaOptions {
  readonly settings: LambdaSettings;
  /** Whether it acts for clusters alone that say they lead to Lambda: in a cluster it always acts (gateways.md 1.2). */
  readonly asksCluster: boolean;
}

class AwsLambdaFilter implements UpstreamFilter<LambdaSettings> {
  readonly name: string;
  readonly #listenerSettings: LambdaSettings;
  readonly #asksCluster: boolean;
  readonly #context: ProxyContext;
  readonly #signer: RequestSigner;
  /** Answers of functions that could not be read. */
  readonly #serverErrors: Stat;
  readonly #payloadSizes: Histogram;

  constructor(name: string, { settings, asksCluster }: LambdaOptions, context: ProxyContext) {
    this.name = name;
    this.#listenerSettings = settings;
    this.#asksCluster = asksCluster;
    this.#context = context;
    this.#signer = new RequestSigner('aws_lambda', context);
    const prefix = `${context.statPrefix ?? ''}aws_lambda.`;
    this.#serverErrors = context.stats.find(`${prefix}server_error`);
    this.#payloadSizes = context.stats.findHistogram(`${prefix}upstream_rq_payload_size`);
  }

  handleRequest(
    request: FilteredRequest,
    routeSettings: LambdaSettings | undefined,
  ): FilterResult | Promise<FilterResult> {
    if (this.#asksCluster && !isLambdaGateway(request.cluster)) {
      this.#context.log.trace(
        'filter',
        `${request.logPrefix} Target cluster does not have the Lambda metadata. Moving on.`,
      );
      return undefined;
    }
    const settings = routeSettings ?? this.#listenerSettings;
    return withWholeBody(request.body, (body) => this.#invoke(request, settings, body));
  }

  #invoke(
    request: FilteredRequest,
    settings: LambdaSettings,
    body: Buffer | undefined,
  ): FilterResult | Promise<FilterResult> {
    const handler = settings.isPassthrough || settings.isAsynchronous ? undefined : this.#unwrapAnswer;
    // The filter acts at the end of the body. Where trailers come it waits for that in vain: the request goes on as it is.
    if (request.body.findTrailers() !== undefined) return handler;
    const path = this.#context.dialect.lambda.createPath(settings.arn);
    const payload = prepareRequest(request, settings, { body, path });
    if (body !== undefined) this.#payloadSizes.record(payload?.length ?? 0, this.#context.clock.now());
    const payloadHash = payload === undefined ? EMPTY_PAYLOAD_HASH : hash('sha256', payload);
    const signed = this.#signer.sign(request.headers, payloadHash, this.#choosePlan(settings));
    return signed instanceof Promise ? signed.then(() => handler) : handler;
  }

  /** Where a listener has one signer, a route chooses nothing but, in some releases, the region. */
  #choosePlan(settings: LambdaSettings): SigningPlan {
    const listenerPlan = this.#listenerSettings.plan;
    switch (this.#context.dialect.lambda.routeSigner) {
      case 'own':
        return settings.plan;
      case 'region':
        return settings.plan.region === listenerPlan.region
          ? listenerPlan
          : { ...listenerPlan, region: settings.plan.region };
      case 'none':
        return listenerPlan;
    }
  }

  readonly #unwrapAnswer: ResponseHandler = (response) => {
    const isError = Number(response.headers.get(':status')) >= 300 || response.headers.has('x-amz-function-error');
    if (isError || !response.hasBody) return undefined;
    const payload = response.readBody();
    if (payload instanceof Promise) return payload.then((whole) => this.#replaceAnswer(response, whole));
    return this.#replaceAnswer(response, payload);
  };

  #replaceAnswer(response: ResponseExchange, payload: Buffer): void {
    const { body, isReadable } = applyLambdaAnswer(response.headers, payload, this.#context.dialect.lambda);
    if (!isReadable) this.#noteUnreadable(response.headers.get('x-amzn-requestid'));
    response.replaceBody(body);
  }

  #noteUnreadable(awsRequestId: string | undefined): void {
    this.#serverErrors.value++;
    this.#context.timeline.emit({
      type: 'answer-unreadable',
      source: this.#context.source,
      filter: 'aws_lambda',
      ...(awsRequestId === undefined ? {} : { awsRequestId }),
    });
  }
}

/** In downstream position the filter acts for these clusters only, whatever its documentation says (gateways.md 1.2). */
function isLambdaGateway(cluster: ClusterFacts | undefined): boolean {
  return cluster?.metadata.get('com.amazonaws.lambda')?.['egress_gateway'] === true;
}

/** Sets what gateways.md 1.4 lists, in its order, and returns the body that will be sent. */
function prepareRequest(
  request: FilteredRequest,
  settings: LambdaSettings,
  invocation: { body: Buffer | undefined; path: string },
): Buffer | undefined {
  const { headers } = request;
  const event = settings.isPassthrough ? undefined : Buffer.from(createLambdaEvent(headers, invocation.body), 'utf8');
  headers.set(':method', 'POST');
  headers.set(':path', invocation.path);
  headers.set('x-amz-invocation-type', settings.isAsynchronous ? 'Event' : 'RequestResponse');
  if (settings.host !== '') headers.set(':authority', settings.host);
  if (event === undefined) return invocation.body;
  headers.set('content-length', String(event.length));
  headers.set('content-type', 'application/json');
  request.body.replace(event);
  return event;
}
