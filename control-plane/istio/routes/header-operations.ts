import type { MessageInitShape } from '@bufbuild/protobuf';
import { HeaderValueOption_HeaderAppendAction, type HeaderValueOptionSchema } from '#xds/generated/messages.js';
import { isAuthority } from '../../kube/schemas/http-route-conflicts.ts';
import type { HeaderOperations, Headers } from '../../kube/schemas/virtual-service.ts';

type HeaderValueOptionInit = MessageInitShape<typeof HeaderValueOptionSchema>;

/** What a route or destination does to headers, in Envoy's fields. */
export interface TranslatedHeaders {
  readonly requestHeadersToAdd: HeaderValueOptionInit[];
  readonly requestHeadersToRemove: string[];
  readonly responseHeadersToAdd: HeaderValueOptionInit[];
  readonly responseHeadersToRemove: string[];
  /** A request's `host` cannot be set as a header: it becomes a host rewrite. */
  readonly authority: string | undefined;
}

/** Translates header operations: `set` replaces, `add` appends, each sorted by name (xds.md 5, item 6). */
export function translateHeaderOperations({ request = {}, response = {} }: Headers = {}): TranslatedHeaders {
  return {
    requestHeadersToAdd: translateAdditions(request),
    requestHeadersToRemove: request.remove ?? [],
    responseHeadersToAdd: translateAdditions(response),
    responseHeadersToRemove: response.remove ?? [],
    authority: findAuthority(request.set) ?? findAuthority(request.add),
  };
}

function translateAdditions({ set = {}, add = {} }: HeaderOperations): HeaderValueOptionInit[] {
  const { OVERWRITE_IF_EXISTS_OR_ADD: overwrite, APPEND_IF_EXISTS_OR_ADD: append } =
    HeaderValueOption_HeaderAppendAction;
  return [...createOptions(set, overwrite), ...createOptions(add, append)];
}

function createOptions(
  headers: Readonly<Record<string, string>>,
  appendAction: HeaderValueOption_HeaderAppendAction,
): HeaderValueOptionInit[] {
  return Object.entries(headers)
    .filter(([key]) => !isAuthority(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ header: { key, value }, appendAction }));
}

function findAuthority(headers: Readonly<Record<string, string>> = {}): string | undefined {
  return Object.entries(headers).find(([name]) => isAuthority(name))?.[1];
}
