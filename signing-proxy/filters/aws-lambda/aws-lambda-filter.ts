import { hash } from 'node:crypto';
import {
  AwsLambdaConfig_InvocationMode,
  AwsLambdaConfigSchema,
  AwsLambdaPerRouteConfigSchema,
  type AwsLambdaConfig,
} from '#xds/generated/messages.js';
import type { ProxyContext } from '../../context.ts';
import { PAYLOAD_TOO_LARGE } from '../../http/local-reply.ts';
import { BodyTooLargeError } from '../../http/read-body.ts';
import type { UpstreamCluster } from '../../upstreams/types.ts';
import { EMPTY_PAYLOAD_HASH, RequestSigner } from '../aws/request-signer.ts';
import { defineFilter } from '../filter-factory.ts';
import type { Exchange, FilterResult, HttpFilter, ResponseHandler } from '../types.ts';
import { applyLambdaAnswer } from './lambda-answer.ts';
import { parseLambdaArn, type LambdaArn } from './lambda-arn.ts';
import { createLambdaEvent } from './lambda-event.ts';

/** What a listener or a route says about the function to call. A route's settings replace the listener's whole. */
export interface LambdaSettings {
  readonly arn: LambdaArn;
  readonly isPassthrough: boolean;
  readonly isAsynchronous: boolean;
}

/** `envoy.filters.http.aws_lambda`: turns a request into an Invoke call and signs what will be sent (gateways.md 1). */
export const awsLambdaFilter = defineFilter({
  canonicalName: 'envoy.filters.http.aws_lambda',
  schema: AwsLambdaConfigSchema,
  create: (config, name, context) => new AwsLambdaFilter(name, compileSettings(config), context),
  perRoute: {
    schema: AwsLambdaPerRouteConfigSchema,
    compile: ({ invokeConfig }) => compileSettings(invokeConfig),
  },
});

function compileSettings(config: AwsLambdaConfig | undefined): LambdaSettings {
  return {
    arn: parseLambdaArn(config?.arn ?? ''),
    isPassthrough: config?.payloadPassthrough ?? false,
    isAsynchronous: config?.invocationMode === AwsLambdaConfig_InvocationMode.ASYNCHRONOUS,
  };
}

class AwsLambdaFilter implements HttpFilter<LambdaSettings> {
  readonly name: string;
  readonly #listenerSettings: LambdaSettings;
  readonly #context: ProxyContext;
  readonly #signer: RequestSigner;

  constructor(name: string, settings: LambdaSettings, context: ProxyContext) {
    this.name = name;
    this.#listenerSettings = settings;
    this.#context = context;
    this.#signer = new RequestSigner('aws_lambda', context);
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
    if (!exchange.body.isPresent) return this.#invoke(exchange, settings, undefined);
    return exchange.body.read().then(
      (body) => this.#invoke(exchange, settings, body),
      (error: unknown) => {
        if (error instanceof BodyTooLargeError) return PAYLOAD_TOO_LARGE;
        throw error;
      },
    );
  }

  #invoke(
    exchange: Exchange,
    settings: LambdaSettings,
    body: Buffer | undefined,
  ): FilterResult | Promise<FilterResult> {
    const payload = prepareRequest(exchange, settings, {
      body,
      path: this.#context.dialect.lambda.createPath(settings.arn),
    });
    const payloadHash = payload === undefined ? EMPTY_PAYLOAD_HASH : hash('sha256', payload);
    const region =
      this.#context.dialect.lambda.signingRegion === 'route' ? settings.arn.region : this.#listenerSettings.arn.region;
    const signed = this.#signer.sign(exchange.headers, payloadHash, { region, service: 'lambda' });
    const handler = settings.isPassthrough || settings.isAsynchronous ? undefined : this.#unwrapAnswer;
    return signed instanceof Promise ? signed.then(() => handler) : handler;
  }

  readonly #unwrapAnswer: ResponseHandler = (response) => {
    const isError = Number(response.headers.get(':status')) >= 300 || response.headers.has('x-amz-function-error');
    if (isError || !response.hasBody) return undefined;
    return response.readBody().then((payload) => {
      response.replaceBody(applyLambdaAnswer(response.headers, payload, this.#context.dialect.lambda));
    });
  };
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
  if (event === undefined) return invocation.body;
  headers.set('content-length', String(event.length));
  headers.set('content-type', 'application/json');
  exchange.body.replace(event);
  return event;
}
