import { getTypeName } from '#xds/any-registry.ts';
import { UpstreamCodecSchema, type HttpFilter as HttpFilterConfig } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { awsLambdaFilter } from './aws-lambda/aws-lambda-filter.ts';
import { awsRequestSigningFilter } from './aws-request-signing/aws-request-signing-filter.ts';
import type { FilterFactory } from './filter-factory.ts';
import { isIgnoredFilter } from './ignored-filters.ts';
import type { ChainedFilter, FilteredRequest, UpstreamFilters } from './filter.ts';
import { createUnknownError, unpackFilterConfig } from './unpack-filter-config.ts';

/** Where HTTP filters for attempts are configured: in a cluster, or in a router for clusters that have none. */
type UpstreamPlace = 'cluster' | 'router';

const FACTORIES: readonly FilterFactory[] = [awsLambdaFilter, awsRequestSigningFilter];
const CODEC_NAME = 'envoy.filters.http.upstream_codec';
const CHAIN_NAMES = { cluster: 'upstream http', router: 'router upstream http' } as const;

/**
 * Compiles the HTTP filters that every attempt passes after the router, up to the codec that has to end them; undefined
 * where there are none. The words are those of a stock Envoy 1.36 and 1.40.
 *
 * @throws ConfigError for a chain that does not end with the codec, and for a filter that has no place in a cluster
 */
export function compileUpstreamFilters(
  configs: readonly HttpFilterConfig[],
  place: UpstreamPlace,
  context: ProxyContext,
): UpstreamFilters | undefined {
  const last = configs.at(-1);
  if (last === undefined) return undefined;
  if (!isCodec(last)) throw refuseEnd(last, place);
  const filters = configs.slice(0, -1).flatMap((config) => compileFilter(config, place, context) ?? []);
  if (last.disabled)
    throw new ConfigError(
      `Error: the last (terminal) filter (${last.name}) in the chain cannot be disabled by default.`,
    );
  return filters;
}

/** It is told by its type: a name alone will not do. */
function isCodec({ configType }: HttpFilterConfig): boolean {
  return configType.case === 'typedConfig' && getTypeName(configType.value) === UpstreamCodecSchema.typeName;
}

function refuseEnd({ name, configType }: HttpFilterConfig, place: UpstreamPlace): ConfigError {
  if (place === 'cluster')
    return new ConfigError(
      `The codec filter is the only valid terminal upstream HTTP filter, use '${UpstreamCodecSchema.typeName}'`,
    );
  const typeName = configType.case === 'typedConfig' ? unpackFilterConfig(configType.value).typeName : '';
  const type = FACTORIES.find((factory) => factory.typeName === typeName)?.canonicalName ?? name;
  return new ConfigError(
    `Error: non-terminal filter named ${name} of type ${type} is the last filter in a ${CHAIN_NAMES[place]} filter chain. ` +
      'When upstream_http_filters are specified, they must explicitly end with an UpstreamCodec filter.',
  );
}

/** Undefined for a filter that does nothing here. */
function compileFilter(
  config: HttpFilterConfig,
  place: UpstreamPlace,
  context: ProxyContext,
): ChainedFilter<FilteredRequest> | undefined {
  const { name, configType, isOptional, disabled: isDisabled } = config;
  if (isCodec(config))
    throw new ConfigError(
      `Error: terminal filter named ${name} of type ${CODEC_NAME} must be the last filter in a ${CHAIN_NAMES[place]} filter chain.`,
    );
  if (configType.case === 'configDiscovery')
    throw new ConfigError(
      `http_filters: '${name}' is configured by config_discovery, which this proxy does not support`,
    );
  if (configType.case === undefined)
    throw new ConfigError(`Didn't find a registered implementation for name: '${name}'`);
  const unpacked = unpackFilterConfig(configType.value);
  const factory = FACTORIES.find(({ typeName }) => typeName === unpacked.typeName);
  const filter = factory?.createUpstream(unpacked.config, name, context);
  if (factory !== undefined && filter !== undefined)
    return { filter, canonicalName: factory.canonicalName, isDisabled };
  if (isOptional || isIgnoredFilter(unpacked)) return undefined;
  throw createUnknownError(name, unpacked.typeName);
}
