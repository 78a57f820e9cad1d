import { hash } from 'node:crypto';
import { AwsRequestSigningPerRouteSchema, AwsRequestSigningSchema } from '#xds/generated/messages.js';
import { ConfigError } from '../../config-error.ts';
import type { ProxyContext } from '../../context.ts';
import { EMPTY_PAYLOAD_HASH, RequestSigner } from '../aws/request-signer.ts';
import { defineFilter } from '../filter-factory.ts';
import type { FilteredRequest, FilterResult, UpstreamFilter } from '../filter.ts';
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
  upstream: {
    isIn: ({ signing }) => signing.options.has('upstream_filter'),
    create: (config, name, context) =>
      new AwsRequestSigningFilter(name, compileSigningSettings(config, context), context),
  },
});

class AwsRequestSigningFilter implements UpstreamFilter<SigningSettings> {
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

  handleRequest(
    request: FilteredRequest,
    routeSettings: SigningSettings | undefined,
  ): FilterResult | Promise<FilterResult> {
    const settings = routeSettings ?? this.#listenerSettings;
    if (settings.host !== '') request.headers.set(':authority', settings.host);
    if (settings.isPayloadUnsigned) return this.#signHead(request, settings, UNSIGNED_PAYLOAD);
    if (!request.body.isPresent) return this.#signHead(request, settings, EMPTY_PAYLOAD_HASH);
    return withWholeBody(request.body, (body = Buffer.alloc(0)) => {
      // The filter signs at the end of the body, and where trailers come that is never: the request goes on unsigned.
      return request.body.findTrailers() === undefined ? this.#signWithBody(request, settings, body) : undefined;
    });
  }

  /** The hash travels in its header even where the signature does not. */
  #signHead(request: FilteredRequest, settings: SigningSettings, payloadHash: string): undefined | Promise<undefined> {
    this.#context.log.debug(
      'filter',
      `${request.logPrefix} aws request signing from decodeHeaders use_unsigned_payload: ${settings.isPayloadUnsigned}`,
    );
    request.headers.set('x-amz-content-sha256', payloadHash);
    settings.stats.signed.value++;
    const signed = this.#signer.sign(request.headers, payloadHash, settings.plan);
    return signed?.then(() => undefined);
  }

  #signWithBody(request: FilteredRequest, settings: SigningSettings, body: Buffer): undefined | Promise<undefined> {
    this.#context.log.debug('filter', `${request.logPrefix} aws request signing from decodeData`);
    settings.stats.signed.value++;
    settings.stats.signedWithPayload.value++;
    const signed = this.#signer.sign(request.headers, hash('sha256', body), settings.plan);
    return signed?.then(() => undefined);
  }
}
