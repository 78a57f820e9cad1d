import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import {
  FileAccessLogSchema,
  type AccessLogSchema,
  type SubstitutionFormatStringSchema,
} from '#xds/generated/messages.js';
import { packAny } from '#xds/any-registry.ts';
import { isAtLeast } from '../version.ts';
import type { MeshSettings } from '../mesh-view.ts';
import type { ListenerClass } from './http-filters.ts';
import type { ListenerContext } from './listener-context.ts';
import { findLogging } from './telemetry-logging.ts';

type FormatInit = MessageInitShape<typeof SubstitutionFormatStringSchema>;

/**
 * Where a connection manager writes a line for each request: where a Telemetry says so, else where the mesh does (istio
 * `pilot/pkg/networking/core/accesslog.go`).
 */
export function createAccessLogs(
  listenerClass: ListenerClass,
  context: ListenerContext,
): MessageInitShape<typeof AccessLogSchema>[] {
  const { settings } = context.view;
  const logging = findLogging(listenerClass === 'sidecar-inbound' ? 'SERVER' : 'CLIENT', context);
  const path = { on: '/dev/stdout', off: '', unsaid: settings.accessLog.file }[logging];
  if (path === '') return [];
  const accessLogFormat = { case: 'logFormat', value: createFormat(settings) } as const;
  const value = packAny(FileAccessLogSchema, { path, accessLogFormat });
  return [{ name: 'envoy.access_loggers.file', configType: { case: 'typedConfig', value } }];
}

function createFormat({ accessLog: { encoding, format }, istioVersion }: MeshSettings): FormatInit {
  const fields = createFields(istioVersion);
  if (encoding === 'JSON') return { format: { case: 'jsonFormat', value: parseObject(format) ?? { ...fields } } };
  const text = format === '' ? createText(fields) : format;
  const inlineString = text.endsWith('\n') ? text : `${text}\n`;
  return { format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: inlineString } } } };
}

/** Undefined for what is no JSON object: Istio then has its own. */
function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Istio's own, from `pilot/pkg/model/telemetry_logging.go`. The cluster has its own name, not that for statistics, since 1.22. */
function createFields(istioVersion: string): typeof FIELDS {
  return isAtLeast(istioVersion, '1.22') ? FIELDS : { ...FIELDS, upstream_cluster: '%UPSTREAM_CLUSTER%' };
}

const FIELDS = {
  authority: '%REQ(:AUTHORITY)%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  duration: '%DURATION%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  request_id: '%REQ(X-REQUEST-ID)%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  response_code: '%RESPONSE_CODE%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  response_flags: '%RESPONSE_FLAGS%',
  route_name: '%ROUTE_NAME%',
  start_time: '%START_TIME%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  user_agent: '%REQ(USER-AGENT)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
};

function createText(of: typeof FIELDS): string {
  return (
    `[${of.start_time}] "${of.method} ${of.path} ${of.protocol}" ${of.response_code} ${of.response_flags} ` +
    `${of.response_code_details} ${of.connection_termination_details} "${of.upstream_transport_failure_reason}" ` +
    `${of.bytes_received} ${of.bytes_sent} ${of.duration} ${of.upstream_service_time} "${of.x_forwarded_for}" ` +
    `"${of.user_agent}" "${of.request_id}" "${of.authority}" "${of.upstream_host}" ${of.upstream_cluster} ` +
    `${of.upstream_local_address} ${of.downstream_local_address} ${of.downstream_remote_address} ` +
    `${of.requested_server_name} ${of.route_name}\n`
  );
}
