import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  FileAccessLogSchema,
  StderrAccessLogSchema,
  StdoutAccessLogSchema,
  type AccessLog as AccessLogConfig,
  type FileAccessLog,
} from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import type { SubstitutionFormat, SubstitutionInput } from '../routing/substitution-format.ts';
import { compileAccessLogFilter, type AccessLogPredicate } from './access-log-filter.ts';
import { compileFormatString, compileJsonFormat, compileTextFormat } from './format-string.ts';

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
  const logs = configs.flatMap((config) => compileLog(config, context) ?? []);
  if (logs.length === 0) return undefined;
  return (input) => {
    for (const { isMeant, format } of logs) if (isMeant(input)) context.log.access(format(input).replace(/\n$/, ''));
  };
}

interface CompiledLog {
  readonly isMeant: AccessLogPredicate;
  readonly format: SubstitutionFormat;
}

function compileLog(config: AccessLogConfig, context: Pick<ProxyContext, 'log'>): CompiledLog | undefined {
  const isMeant = config.filter === undefined ? () => true : compileAccessLogFilter(config.filter);
  const format = compileFormat(config, context);
  return format && { isMeant, format };
}

function compileFormat(
  { name, configType }: AccessLogConfig,
  { log }: Pick<ProxyContext, 'log'>,
): SubstitutionFormat | undefined {
  const config = configType.value;
  const file = config && anyUnpack(config, FileAccessLogSchema);
  if (file !== undefined) return compileFile(file);
  const stream = config && (anyUnpack(config, StdoutAccessLogSchema) ?? anyUnpack(config, StderrAccessLogSchema));
  if (stream !== undefined) return compileFormatString(stream.accessLogFormat.value, DEFAULT_FORMAT);
  log.debug('config', `access log ${name} is accepted and has no effect`);
  return undefined;
}

function compileFile({ path, accessLogFormat: format }: FileAccessLog): SubstitutionFormat {
  if (!OUTPUTS.has(path)) throw new ConfigError(`access log path "${path}" is not supported, use /dev/stdout`);
  switch (format.case) {
    case 'format':
      return compileTextFormat(format.value);
    case 'jsonFormat':
    case 'typedJsonFormat':
      return compileJsonFormat(format.value);
    case 'logFormat':
      return compileFormatString(format.value, DEFAULT_FORMAT);
    case undefined:
      return compileTextFormat(DEFAULT_FORMAT);
  }
}
