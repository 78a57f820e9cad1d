import type { LocalReplyConfig, ResponseMapper, SubstitutionFormatString } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compileHeaderMutation } from '../routing/header-mutation.ts';
import type { SubstitutionFormat, SubstitutionInput } from '../routing/substitution-format.ts';
import { readDataSource } from '../secrets/data-source.ts';
import { compileAccessLogFilter } from './access-log-filter.ts';
import { compileFormatString } from './format-string.ts';
import { HeaderMap } from './header-map.ts';
import type { LocalReply } from './local-reply.ts';

/** A request that is being answered here: its facts, as far as they are known with this answer. */
export interface AnsweredRequest extends SubstitutionInput {
  /** Makes an answer's facts readable for filters and formats. */
  noteLocalReply(status: number, body: string, headers: HeaderMap): void;
}

/** Rewrites an answer of the proxy's own. */
export type LocalReplyMapper = (reply: LocalReply, request: AnsweredRequest) => LocalReply;

/**
 * Compiles `local_reply_config`: the first mapper whose filter matches changes status, body and headers, and its format or
 * the common one writes the body (envoy source/common/local_reply/local_reply.cc).
 *
 * @throws ConfigError for a filter or format that is not supported
 */
export function compileLocalReplyMapper({ mappers, bodyFormat }: LocalReplyConfig): LocalReplyMapper {
  const rules = mappers.map(compileRule);
  const common = compileBody(bodyFormat);
  return (reply, request) => {
    const headers = HeaderMap.from([[':status', String(reply.status)], ...(reply.headers ?? [])]);
    const received = toText(reply.body);
    request.noteLocalReply(reply.status, received, headers);
    const rule = rules.find(({ matches }) => matches(request));
    const status = rule?.status ?? reply.status;
    const body = rule?.body ?? received;
    rule?.mutate?.(headers, request);
    headers.set(':status', String(status));
    request.noteLocalReply(status, body, headers);
    const format = rule?.format ?? common;
    const text = format.write(request);
    if (text !== '' && (text !== received || !headers.has('content-type')))
      headers.set('content-type', format.contentType);
    headers.remove(':status');
    return { ...reply, status, body: text === received ? reply.body : text, headers: [...headers.entries()] };
  };
}

interface BodyFormat {
  readonly write: SubstitutionFormat;
  readonly contentType: string;
}

function compileRule(mapper: ResponseMapper) {
  const { filter, statusCode, body, bodyFormatOverride, headersToAdd } = mapper;
  if (filter === undefined) throw new ConfigError('ResponseMapper: filter is required');
  return {
    matches: compileAccessLogFilter(filter),
    status: statusCode,
    body: readDataSource(body)?.text,
    format: bodyFormatOverride && compileBody(bodyFormatOverride),
    mutate: compileHeaderMutation(headersToAdd, []),
  };
}

function compileBody(config: SubstitutionFormatString | undefined): BodyFormat {
  const isJson = config?.format.case === 'jsonFormat';
  const given = config?.contentType ?? '';
  return {
    write: compileFormatString(config, '%LOCAL_REPLY_BODY%'),
    contentType: given === '' ? (isJson ? 'application/json' : 'text/plain') : given,
  };
}

function toText(body: LocalReply['body']): string {
  return typeof body === 'string' ? body : body.toString('latin1');
}
