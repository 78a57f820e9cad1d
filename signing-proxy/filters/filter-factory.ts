import { create, fromJson, type DescMessage, type JsonObject, type MessageShape } from '@bufbuild/protobuf';
import { decodeMessage } from '#xds/decode-message.ts';
import type { ProxyContext } from '../context.ts';
import type { Dialect } from '../dialects/types.ts';
import { checkConstraints } from '../resources/decode-resources.ts';
import type { HttpFilter, TerminalFilter } from './types.ts';
import type { UpstreamFilter } from './filter.ts';

/** How one kind of HTTP filter is made. */
export interface FilterDefinition<Config extends DescMessage, PerRoute extends DescMessage, Settings> {
  /** The name Envoy registers it under, which routes of older configurations use. */
  readonly canonicalName: string;
  readonly schema: Config;
  /** @throws ConfigError */
  create(config: MessageShape<Config>, name: string, context: ProxyContext): HttpFilter<Settings> | TerminalFilter;
  readonly perRoute?: {
    readonly schema: PerRoute;
    /** @throws ConfigError */
    compile(config: MessageShape<PerRoute>, context: ProxyContext): Settings;
  };
  /** For a filter that may stand in a cluster. */
  readonly upstream?: {
    /** Whether a release has it there. */
    isIn(dialect: Dialect): boolean;
    /** @throws ConfigError */
    create(config: MessageShape<Config>, name: string, context: ProxyContext): UpstreamFilter<Settings>;
  };
}

/** An encoded or JSON form of a configuration. */
export type EncodedConfig = { readonly bytes: Uint8Array } | { readonly json: JsonObject };

/** A filter definition whose message types are hidden, so that all kinds fit into one list. */
export interface FilterFactory {
  readonly canonicalName: string;
  readonly typeName: string;
  readonly perRouteTypeName: string | undefined;
  create(config: EncodedConfig | undefined, name: string, context: ProxyContext): HttpFilter | TerminalFilter;
  compilePerRoute(config: EncodedConfig, context: ProxyContext): unknown;
  /** Undefined where the release has no such filter in clusters. */
  createUpstream(config: EncodedConfig, name: string, context: ProxyContext): UpstreamFilter | undefined;
}

/** Turns a definition into a factory that decodes its own configuration. */
export function defineFilter<Config extends DescMessage, PerRoute extends DescMessage, Settings>(
  definition: FilterDefinition<Config, PerRoute, Settings>,
): FilterFactory {
  const { perRoute, upstream } = definition;
  return {
    canonicalName: definition.canonicalName,
    typeName: definition.schema.typeName,
    perRouteTypeName: perRoute?.schema.typeName,
    create(config, name, context) {
      const message = config === undefined ? create(definition.schema) : decode(definition.schema, config);
      // A filter only ever gets settings that its own definition compiled: the registry goes by their message type.
      return definition.create(message, name, context) as HttpFilter | TerminalFilter;
    },
    compilePerRoute: (config, context) => perRoute?.compile(decode(perRoute.schema, config), context),
    createUpstream(config, name, context) {
      if (upstream?.isIn(context.dialect) !== true) return undefined;
      return upstream.create(decode(definition.schema, config), name, context) as UpstreamFilter;
    },
  };
}

function decode<Schema extends DescMessage>(schema: Schema, config: EncodedConfig): MessageShape<Schema> {
  const message =
    'bytes' in config
      ? decodeMessage(schema, config.bytes)
      : fromJson(schema, config.json, { ignoreUnknownFields: true });
  checkConstraints(schema, message);
  return message;
}
