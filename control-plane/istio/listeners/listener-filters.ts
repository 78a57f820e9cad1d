import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  HttpInspectorSchema,
  OriginalDstSchema,
  TlsInspectorSchema,
  type ListenerFilterChainMatchPredicateSchema,
  type ListenerFilterSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';

type ListenerFilterInit = MessageInitShape<typeof ListenerFilterSchema>;
type PredicateInit = MessageInitShape<typeof ListenerFilterChainMatchPredicateSchema>;

/** Restores the address that a connection had before it was redirected to the proxy. */
export function createOriginalDestination(): ListenerFilterInit {
  return {
    name: 'envoy.filters.listener.original_dst',
    configType: { case: 'typedConfig', value: packAny(OriginalDstSchema) },
  };
}

export function createTlsInspector(): ListenerFilterInit {
  return {
    name: 'envoy.filters.listener.tls_inspector',
    configType: { case: 'typedConfig', value: packAny(TlsInspectorSchema) },
  };
}

/** @param exceptPorts ports whose protocol is known, where nothing needs to be looked at */
export function createHttpInspector(exceptPorts: readonly number[] = []): ListenerFilterInit {
  const filterDisabled = isAnyOf(exceptPorts);
  return {
    name: 'envoy.filters.listener.http_inspector',
    configType: { case: 'typedConfig', value: packAny(HttpInspectorSchema) },
    ...(filterDisabled && { filterDisabled }),
  };
}

function isAnyOf(ports: readonly number[]): PredicateInit | undefined {
  const rules = [...new Set(ports)].toSorted((a, b) => a - b).map(isPort);
  return rules.length > 1 ? { rule: { case: 'orMatch', value: { rules } } } : rules[0];
}

function isPort(port: number): PredicateInit {
  return { rule: { case: 'destinationPortRange', value: { start: port, end: port + 1 } } };
}
