import { hash } from 'node:crypto';
import { AwsRequestSigningPerRouteSchema, AwsRequestSigningSchema } from '#xds/generated/messages.js';
import { ConfigError } from '../../config-error.ts';
import type { ProxyContext } from '../../context.ts';
import { EMPTY_PAYLOAD_HASH, RequestSigner } from '../aws/request-signer.ts';
import { defineFilter } from '../filter-factory.ts';
import type { Exchange, FilterResult, HttpFilter } from '../types.ts';
import { withWholeBody } from '../with-whole-body.ts';
import { compileSigningSettings, type SigningSettings } from './signing-settings.ts';

const NAME = 'envoy.filters.http.aws_request_signing';
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** `envoy.filters.http.aws_request_signing`: signs a request for any AWS service (gateways.md 2.8). */
export const awsRequestSigningFilter = defineFilter({
  canonicalName: NAME,
  schema: AwsRequestSigningSchema,
  create: (config, name, context) =>
    new AwsRequestSigningFilter(name, compileSigningSettings(config, context), context),
  perRoute: {
    schema: AwsRequestSigningPerRouteSchema,
    compile({ awsRequestSigning, statPrefix }, context) {
      if (!context.dialect.signing.options.has('per_route'))
        throw new ConfigError(`The filter ${NAME} doesn't support virtual host or route specific configurations`);
      if (awsRequestSigning === undefined) throw new ConfigError(`The settings of ${NAME} on a route are empty`);
      return compileSigningSettings(awsRequestSigning, { ...context, statPrefix });
    },
  },
});

class AwsRequestSigningFilter implements HttpFilter<SigningSettings> {
  readonly name: string;
  readonly #listenerSettings: SigningSettings;
  readonly #context: ProxyContext;
  readonly #signer: RequestSigner;

  constructor(name: string, settings: SigningSettings, context: ProxyContext) {
    this.name = name;
    this.#listenerSettings = settings;
    this.#context = context;
    this.#signer = new RequestSigner('aws_request_signing', context);
  }

  handleRequest(exchange: Exchange, routeSettings: SigningSettings | undefined): FilterResult | Promise<FilterResult> {
    const settings = routeSettings ?? this.#listenerSettings;
    if (settings.host !== '') exchange.headers.set(':authority', settings.host);
    if (settings.isPayloadUnsigned) return this.#signHead(exchange, settings, UNSIGNED_PAYLOAD);
    if (!exchange.body.isPresent) return this.#signHead(exchange, settings, EMPTY_PAYLOAD_HASH);
    return withWholeBody(exchange.body, (body) => this.#signWithBody(exchange, settings, body ?? Buffer.alloc(0)));
  }

  /** The hash travels in its header even where the signature does not. */
  #signHead(exchange: Exchange, settings: SigningSettings, payloadHash: string): undefined | Promise<undefined> {
    this.#context.log.debug(
      'filter',
      `${exchange.logPrefix} aws request signing from decodeHeaders use_unsigned_payload: ${settings.isPayloadUnsigned}`,
    );
    exchange.headers.set('x-amz-content-sha256', payloadHash);
    settings.stats.signed.value++;
    const signed = this.#signer.sign(exchange.headers, payloadHash, settings.plan);
    return signed?.then(() => undefined);
  }

  #signWithBody(exchange: Exchange, settings: SigningSettings, body: Buffer): undefined | Promise<undefined> {
    this.#context.log.debug('filter', `${exchange.logPrefix} aws request signing from decodeData`);
    settings.stats.signed.value++;
    settings.stats.signedWithPayload.value++;
    const signed = this.#signer.sign(exchange.headers, hash('sha256', body), settings.plan);
    return signed?.then(() => undefined);
  }
}
