import { getTypeName } from '#xds/any-registry.ts';
import type { ListenerFilter, ListenerFilterChainMatchPredicate } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';

/** What a listener does with a connection before it chooses a filter chain; each may depend on the destination port. */
export interface ListenerFilterPlan {
  readonly looksForTls: (destinationPort: number) => boolean;
  readonly looksForHttp: (destinationPort: number) => boolean;
  /** The `original_dst` filter is there, or its older switch. */
  readonly restoresDestination: boolean;
}

type PortPredicate = (destinationPort: number) => boolean;

const TLS_INSPECTOR = 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector';
const HTTP_INSPECTOR = 'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector';
const ORIGINAL_DST = 'envoy.extensions.filters.listener.original_dst.v3.OriginalDst';
/** Names under which older configurations give a filter without its type. */
const TYPES_BY_NAME = new Map([
  ['envoy.filters.listener.tls_inspector', TLS_INSPECTOR],
  ['envoy.filters.listener.http_inspector', HTTP_INSPECTOR],
  ['envoy.filters.listener.original_dst', ORIGINAL_DST],
]);

/** @throws ConfigError for a listener filter this proxy does not have */
export function compileListenerFilters(filters: readonly ListenerFilter[]): ListenerFilterPlan {
  const enabled = new Map<string, PortPredicate>();
  for (const filter of filters) {
    const isDisabled = filter.filterDisabled === undefined ? () => false : compilePredicate(filter.filterDisabled);
    enabled.set(findType(filter), (port) => !isDisabled(port));
  }
  const never = () => false;
  return {
    looksForTls: enabled.get(TLS_INSPECTOR) ?? never,
    looksForHttp: enabled.get(HTTP_INSPECTOR) ?? never,
    restoresDestination: enabled.has(ORIGINAL_DST),
  };
}

function findType({ name, configType }: ListenerFilter): string {
  const type = configType.case === 'typedConfig' ? getTypeName(configType.value) : TYPES_BY_NAME.get(name);
  if (type === TLS_INSPECTOR || type === HTTP_INSPECTOR || type === ORIGINAL_DST) return type;
  throw new ConfigError(`Didn't find a registered implementation for '${name}' with type URL: '${type ?? ''}'`);
}

function compilePredicate({ rule }: ListenerFilterChainMatchPredicate): PortPredicate {
  switch (rule.case) {
    case 'anyMatch':
      return () => rule.value;
    case 'destinationPortRange':
      return (port) => port >= rule.value.start && port < rule.value.end;
    case 'notMatch': {
      const inner = compilePredicate(rule.value);
      return (port) => !inner(port);
    }
    case 'orMatch': {
      const inner = rule.value.rules.map(compilePredicate);
      return (port) => inner.some((matches) => matches(port));
    }
    case 'andMatch': {
      const inner = rule.value.rules.map(compilePredicate);
      return (port) => inner.every((matches) => matches(port));
    }
    case undefined:
      throw new ConfigError('filter_disabled: a rule is needed');
  }
}
