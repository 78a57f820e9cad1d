import { getHeader, type RawHeaders } from '#core/http-message.ts';
import { decodeLabel, parseQuery, pathOf, queryOf } from './query-string.ts';
import type { OperationModel, ServiceModel } from './service-model.ts';

interface RestRequest {
  readonly method: string;
  /** Raw request target. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly body: Uint8Array;
}

/** An operation found by method and path, with its labels decoded. */
export interface RestRoute {
  readonly operation: OperationModel;
  readonly labels: ReadonlyMap<string, string>;
}

interface RestAnswer {
  readonly status: number;
  /** Names and values in turn: the members bound to headers. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** The `rest-json` protocol of one service, driven by the SDK's schemas. */
export interface RestJsonProtocol {
  /** Matches the raw path, so that a path AWS does not route is not routed here either. */
  findRoute(method: string, target: string): RestRoute | undefined;
  /** @throws SyntaxError when the body is not JSON. */
  parseInput(route: RestRoute, request: RestRequest): Record<string, unknown>;
  writeOutput(operation: OperationModel, output: object): RestAnswer;
}

interface RouteTemplate {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly string[];
}

export function createRestJsonProtocol(model: ServiceModel): RestJsonProtocol {
  const templates = collectTemplates(model);
  return {
    findRoute: (method, target) => findRoute(templates, method, splitPath(pathOf(target))),
    parseInput: (route, request) => parseInput(model, route, request),
    writeOutput: (operation, output) => writeOutput(model, operation, output),
  };
}

function collectTemplates(model: ServiceModel): RouteTemplate[] {
  const templates: RouteTemplate[] = [];
  for (const operation of model.operations.values()) {
    if (operation.http === undefined) continue;
    const [method, path] = operation.http;
    templates.push({ operation, method, segments: splitPath(path) });
  }
  return templates;
}

/** One trailing slash is ignored for routing; the signature still covers it. */
function splitPath(path: string): string[] {
  const segments = path.split('/');
  if (segments.length > 2 && segments.at(-1) === '') segments.pop();
  return segments;
}

function findRoute(
  templates: readonly RouteTemplate[],
  method: string,
  path: readonly string[],
): RestRoute | undefined {
  for (const { operation, method: wanted, segments } of templates) {
    if (wanted !== method || segments.length !== path.length) continue;
    const labels = matchSegments(segments, path);
    if (labels !== undefined) return { operation, labels };
  }
  return undefined;
}

function matchSegments(template: readonly string[], path: readonly string[]): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  for (const [index, expected] of template.entries()) {
    const received = path[index] ?? '';
    if (!expected.startsWith('{')) {
      if (expected !== received) return undefined;
    } else if (received === '') {
      return undefined;
    } else {
      labels.set(expected.slice(1, -1), decodeLabel(received));
    }
  }
  return labels;
}

function parseInput(model: ServiceModel, route: RestRoute, request: RestRequest): Record<string, unknown> {
  const query = parseQuery(queryOf(request.target));
  const { input: schema } = route.operation;
  const input = model.readJson(schema, parseBody(request.body)) as Record<string, unknown>;
  for (const [name, member] of schema.structIterator()) {
    const { httpLabel, httpQuery, httpHeader } = member.getMergedTraits();
    const text =
      httpLabel !== undefined
        ? route.labels.get(name)
        : httpQuery !== undefined
          ? query.get(httpQuery)
          : httpHeader !== undefined
            ? getHeader(request.headers, httpHeader)
            : undefined;
    if (text !== undefined) input[name] = model.readText(member, text);
  }
  return input;
}

function parseBody(body: Uint8Array): object {
  if (body.length === 0) return {};
  const parsed: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
    throw new SyntaxError('the body is not a JSON object');
  return parsed;
}

function writeOutput(model: ServiceModel, operation: OperationModel, output: object): RestAnswer {
  const headers: string[] = [];
  const bodyMembers: Record<string, unknown> = { ...output };
  for (const [name, member] of operation.output.isUnitSchema() ? [] : operation.output.structIterator()) {
    const { httpHeader, httpResponseCode } = member.getMergedTraits();
    const value = bodyMembers[name];
    if (httpHeader === undefined && httpResponseCode === undefined) continue;
    if (httpHeader !== undefined && typeof value === 'string') headers.push(httpHeader, value);
    delete bodyMembers[name];
  }
  const status = operation.http?.[2] ?? 200;
  const body = operation.output.isUnitSchema() || status === 204 ? '' : model.writeJson(operation.output, bodyMembers);
  return { status, headers, body };
}
