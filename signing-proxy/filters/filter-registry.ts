import { fromBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { getTypeName } from '#xds/any-registry.ts';
import { FilterConfigSchema } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { awsLambdaFilter } from './aws-lambda/aws-lambda-filter.ts';
import { awsRequestSigningFilter } from './aws-request-signing/aws-request-signing-filter.ts';
import { corsFilter } from './cors-filter.ts';
import { faultFilter } from './fault-filter.ts';
import type { FilterFactory } from './filter-factory.ts';
import { isIgnoredFilter } from './ignored-filters.ts';
import { rbacFilter } from './rbac-filter.ts';
import { routerFilter } from './router/router-filter.ts';
import type { PerFilterConfig } from '../routing/types.ts';
import { createUnknownError, unpackFilterConfig, type UnpackedConfig } from './unpack-filter-config.ts';

const FACTORIES: readonly FilterFactory[] = [
  awsLambdaFilter,
  awsRequestSigningFilter,
  corsFilter,
  faultFilter,
  rbacFilter,
  routerFilter,
];

/** The factory for a type; undefined when the filter is known to do nothing that is modelled here. */
export function findFilterFactory(name: string, unpacked: UnpackedConfig): FilterFactory | undefined {
  const factory = FACTORIES.find(({ typeName }) => typeName === unpacked.typeName);
  if (factory === undefined && !isIgnoredFilter(unpacked)) throw createUnknownError(name, unpacked.typeName);
  return factory;
}

/** The factory for a filter that is configured by name alone, as old configurations do. */
export function findFilterFactoryByName(name: string): FilterFactory {
  const factory = FACTORIES.find(({ canonicalName }) => canonicalName === name);
  if (factory === undefined) throw new ConfigError(`Didn't find a registered implementation for name: '${name}'`);
  return factory;
}

/**
 * Compiles a filter's settings on a route, virtual host, weighted cluster or table; undefined when nothing here would read
 * them.
 *
 * @throws ConfigError for a type that is unknown, unless the settings say that they are optional
 */
export function compilePerFilterConfig(name: string, any: Any, context: ProxyContext): PerFilterConfig | undefined {
  if (getTypeName(any) !== FilterConfigSchema.typeName) return compileSettings(name, any, context);
  const wrapper = fromBinary(FilterConfigSchema, any.value);
  if (wrapper.disabled) return { isDisabled: true, settings: undefined };
  if (wrapper.config === undefined) return { isDisabled: false, settings: undefined };
  try {
    return compileSettings(name, wrapper.config, context);
  } catch (error) {
    if (wrapper.isOptional && error instanceof ConfigError) return undefined;
    throw error;
  }
}

function compileSettings(name: string, any: Any, context: ProxyContext): PerFilterConfig | undefined {
  const unpacked = unpackFilterConfig(any);
  const factory = FACTORIES.find(({ perRouteTypeName }) => perRouteTypeName === unpacked.typeName);
  if (factory !== undefined) return { isDisabled: false, settings: factory.compilePerRoute(unpacked.config, context) };
  if (isIgnoredFilter(unpacked)) return undefined;
  throw createUnknownError(name, unpacked.typeName);
}
