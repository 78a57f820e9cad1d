import { hash } from 'node:crypto';
import { AwsLambdaConfigSchema, AwsLambdaPerRouteConfigSchema } from '#xds/generated/messages.js';
import type { ProxyContext } from '../../context.ts';
import type { Stat } from '../../stats.ts';
import type { UpstreamCluster } from '../../upstreams/types.ts';
import { EMPTY_PAYLOAD_HASH, RequestSigner, type SigningPlan } from '../aws/request-signer.ts';
import { defineFilter } from '../filter-factory.ts';
import type { Exchange, FilterResult, HttpFilter, ResponseExchange, ResponseHandler } from '../types.ts';
import { withWholeBody } from '../with-whole-body.ts';
import { applyLambdaAnswer } from './lambda-answer.ts';
import { createLambdaEvent } from './lambda-event.ts';
import { compileLambdaSettings, type LambdaSettings } from './lambda-settings.ts';

/** `envoy.filters.http.aws_lambda`: turns a request into an Invoke call and signs what will be sent (gateways.md 1). */
export const awsLambdaFilter = defineFilter({
  canonicalName: 'envoy.filters.http.aws_lambda',
  schema: AwsLambdaConfigSchema,
  create: (config, name, context) => new AwsLambdaFilter(name, compileLambdaSettings(config, context), context),
  perRoute: {
    schema: AwsLambdaPerRouteConfigSchema,
    compile: ({ invokeConfig }, context) => compileLambdaSettings(invokeConfig, context),
  },
});

class AwsLambdaFilter implements HttpFilter<LambdaSettings> {
  readonly name: string;
  readonly #listenerSettings: LambdaSettings;
  readonly #context: ProxyContext;
  readonly #signer: RequestSigner;
  /** Answers of functions that could not be read. */
  readonly #serverErrors: Stat;

  constructor(name: string, settings: LambdaSettings, context: ProxyContext) {
    this.name = name;
    this.#listenerSettings = settings;
    this.#context = context;
    this.#signer = new RequestSigner('aws_lambda', context);
    this.#serverErrors = context.stats.find(`${context.statPrefix ?? ''}aws_lambda.server_error`);
  }

  handleRequest(exchange: Exchange, routeSettings: LambdaSettings | undefined): FilterResult | Promise<FilterResult> {
    if (!isLambdaGateway(exchange.cluster)) {
      this.#context.log.trace(
        'filter',
        `${exchange.logPrefix} Target cluster does not have the Lambda metadata. Moving on.`,
      );
      return undefined;
    }
    const settings = routeSettings ?? this.#listenerSettings;
    return withWholeBody(exchange.body, (body) => this.#invoke(exchange, settings, body));
  }

  #invoke(
    exchange: Exchange,
    settings: LambdaSettings,
    body: Buffer | undefined,
  ): FilterResult | Promise<FilterResult> {
    const path = this.#context.dialect.lambda.createPath(settings.arn);
    const payload = prepareRequest(exchange, settings, { body, path });
    const payloadHash = payload === undefined ? EMPTY_PAYLOAD_HASH : hash('sha256', payload);
    const signed = this.#signer.sign(exchange.headers, payloadHash, this.#choosePlan(settings));
    const handler = settings.isPassthrough || settings.isAsynchronous ? undefined : this.#unwrapAnswer;
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
    if (!isReadable) this.#serverErrors.value++;
    response.replaceBody(body);
  }
}

/** In downstream position the filter acts for these clusters only, whatever its documentation says (gateways.md 1.2). */
function isLambdaGateway(cluster: UpstreamCluster | undefined): boolean {
  return cluster?.metadata.get('com.amazonaws.lambda')?.['egress_gateway'] === true;
}

/** Sets what gateways.md 1.4 lists, in its order, and returns the body that will be sent. */
function prepareRequest(
  exchange: Exchange,
  settings: LambdaSettings,
  invocation: { body: Buffer | undefined; path: string },
): Buffer | undefined {
  const { headers } = exchange;
  const event = settings.isPassthrough ? undefined : Buffer.from(createLambdaEvent(headers, invocation.body), 'utf8');
  headers.set(':method', 'POST');
  headers.set(':path', invocation.path);
  headers.set('x-amz-invocation-type', settings.isAsynchronous ? 'Event' : 'RequestResponse');
  if (settings.host !== '') headers.set(':authority', settings.host);
  if (event === undefined) return invocation.body;
  headers.set('content-length', String(event.length));
  headers.set('content-type', 'application/json');
  exchange.body.replace(event);
  return event;
}
