import type { HttpFilter as HttpFilterConfig } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import type { EncodedConfig, FilterFactory } from './filter-factory.ts';
import { findFilterFactory, findFilterFactoryByName } from './filter-registry.ts';
import type { ChainedFilter } from './filter.ts';
import type { Exchange, FilterChain, TerminalFilter } from './types.ts';
import { unpackFilterConfig } from './unpack-filter-config.ts';

/**
 * Compiles the HTTP filters of a connection manager. The router has to be the last one and nothing but the last one.
 *
 * @throws ConfigError for a filter that is unknown, misplaced or badly configured
 */
export function compileFilterChain(configs: readonly HttpFilterConfig[], context: ProxyContext): FilterChain {
  const filters: ChainedFilter<Exchange>[] = [];
  const ignored: string[] = [];
  let terminal: TerminalFilter | undefined;
  configs.forEach((config, index) => {
    const factory = findFactory(config);
    const filter = factory?.create(readConfig(config), config.name, context);
    const isTerminal = filter !== undefined && 'answer' in filter;
    checkPlace(config.name, factory?.canonicalName ?? config.name, {
      isTerminal,
      isLast: index === configs.length - 1,
    });
    if (factory === undefined || filter === undefined) ignored.push(config.name);
    else if ('answer' in filter) terminal = filter;
    else filters.push({ filter, canonicalName: factory.canonicalName, isDisabled: config.disabled });
  });
  if (terminal === undefined)
    throw new ConfigError('http_filters: the chain needs a terminal filter such as envoy.filters.http.router');
  return { filters, terminal, ignored };
}

function readConfig({ configType }: HttpFilterConfig): EncodedConfig | undefined {
  return configType.case === 'typedConfig' ? unpackFilterConfig(configType.value).config : undefined;
}

function findFactory(config: HttpFilterConfig): FilterFactory | undefined {
  try {
    switch (config.configType.case) {
      case 'typedConfig':
        return findFilterFactory(config.name, unpackFilterConfig(config.configType.value));
      case 'configDiscovery':
        throw new ConfigError(
          `http_filters: '${config.name}' is configured by config_discovery, which this proxy does not support`,
        );
      case undefined:
        return findFilterFactoryByName(config.name);
    }
  } catch (error) {
    if (config.isOptional && error instanceof ConfigError) return undefined;
    throw error;
  }
}

function checkPlace(
  name: string,
  type: string,
  { isTerminal, isLast }: { isTerminal: boolean; isLast: boolean },
): void {
  if (isTerminal && !isLast) {
    throw new ConfigError(
      `Error: terminal filter named ${name} of type ${type} must be the last filter in a http filter chain.`,
    );
  }
  if (!isTerminal && isLast) {
    throw new ConfigError(
      `Error: non-terminal filter named ${name} of type ${type} is the last filter in a http filter chain.`,
    );
  }
}
