import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  FileAccessLogSchema,
  StderrAccessLogSchema,
  StdoutAccessLogSchema,
  type AccessLog as AccessLogConfig,
  type FileAccessLog,
  type SubstitutionFormatString,
} from '#xds/generated/messages.js';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import {
  compileSubstitutionFormat,
  type SubstitutionFormat,
  type SubstitutionInput,
} from '../routing/substitution-format.ts';

/** Writes the line of a request that is over. */
export type AccessLog = (input: SubstitutionInput) => void;

/** What Envoy writes where no format is configured (envoy access log docs, default format string). */
const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

const OUTPUTS = new Set(['/dev/stdout', '/dev/stderr', '/dev/fd/1', '/dev/fd/2']);

/**
 * Compiles the access logs of a connection manager; undefined when there is none that goes to the proxy's output. Loggers of
 * other kinds are accepted and write nothing.
 *
 * @throws ConfigError for a format that cannot be read, and for a file: the process writes none
 */
export function compileAccessLog(
  configs: readonly AccessLogConfig[],
  context: Pick<ProxyContext, 'log'>,
): AccessLog | undefined {
  const formats = configs.flatMap((config) => compileFormat(config, context) ?? []);
  if (formats.length === 0) return undefined;
  return (input) => {
    for (const format of formats) context.log.access(format(input).replace(/\n$/, ''));
  };
}

function compileFormat(
  { name, filter, configType }: AccessLogConfig,
  { log }: Pick<ProxyContext, 'log'>,
): SubstitutionFormat | undefined {
  if (filter !== undefined) throw new ConfigError(`access log ${name}: filters are not supported`);
  const config = configType.value;
  const file = config && anyUnpack(config, FileAccessLogSchema);
  if (file !== undefined) return compileFile(file);
  const stream = config && (anyUnpack(config, StdoutAccessLogSchema) ?? anyUnpack(config, StderrAccessLogSchema));
  if (stream !== undefined) return compileLogFormat(stream.accessLogFormat.value);
  log.debug('config', `access log ${name} is accepted and has no effect`);
  return undefined;
}

function compileFile({ path, accessLogFormat: format }: FileAccessLog): SubstitutionFormat {
  if (!OUTPUTS.has(path)) throw new ConfigError(`access log path "${path}" is not supported, use /dev/stdout`);
  switch (format.case) {
    case 'format':
      return compileText(format.value);
    case 'jsonFormat':
    case 'typedJsonFormat':
      return compileJson(format.value);
    case 'logFormat':
      return compileLogFormat(format.value);
    case undefined:
      return compileText(DEFAULT_FORMAT);
  }
}

function compileLogFormat(config: SubstitutionFormatString | undefined): SubstitutionFormat {
  const format = config?.format;
  if (format?.case === 'jsonFormat') return compileJson(format.value);
  if (format?.case === 'textFormat') return compileText(format.value);
  const source = format?.case === 'textFormatSource' ? format.value.specifier : undefined;
  return compileText(source?.case === 'inlineString' ? source.value : DEFAULT_FORMAT);
}

function compileText(text: string): SubstitutionFormat {
  return compileSubstitutionFormat(text, { missing: '-' });
}

/** Every text inside is a format of its own; keys come in their order. */
function compileJson(template: JsonObject): SubstitutionFormat {
  const write = compileJsonValue(template);
  return (input) => JSON.stringify(write(input));
}

function compileJsonValue(value: JsonValue): (input: SubstitutionInput) => JsonValue {
  if (typeof value === 'string') return compileText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return () => value;
  const fields = Object.entries(value).map(([key, inner]) => [key, compileJsonValue(inner)] as const);
  return (input) => Object.fromEntries(fields.map(([key, write]) => [key, write(input)]));
}
