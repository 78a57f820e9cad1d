import { HeaderValueOption_HeaderAppendAction, type HeaderValueOption } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { HeaderMap } from '../http/header-map.ts';
import { compileSubstitutionFormat, type SubstitutionInput } from './substitution-format.ts';

/** What one level of a route configuration adds to, and removes from, a request or a response. */
export type HeaderMutation = (headers: HeaderMap, input: SubstitutionInput) => void;

const { ADD_IF_ABSENT, OVERWRITE_IF_EXISTS, OVERWRITE_IF_EXISTS_OR_ADD } = HeaderValueOption_HeaderAppendAction;

/**
 * Compiles the additions and removals of one level; undefined when there are none. Removals come first, so that a header
 * can be replaced by removing and adding it.
 *
 * @throws ConfigError for a text that cannot be compiled, or a header that must not be changed
 */
export function compileHeaderMutation(
  additions: readonly HeaderValueOption[],
  removals: readonly string[],
): HeaderMutation | undefined {
  if (additions.length === 0 && removals.length === 0) return undefined;
  const removed = removals.map(checkRemoval);
  const added = additions.map(compileAddition);
  const [only] = added;
  if (removed.length === 0 && added.length === 1) return only;
  return (headers, input) => {
    for (const name of removed) headers.remove(name);
    for (const add of added) add(headers, input);
  };
}

function checkRemoval(name: string): string {
  const lower = name.toLowerCase();
  if (lower.startsWith(':') || lower === 'host') throw new ConfigError(':-prefixed or host headers may not be removed');
  return lower;
}

function compileAddition(option: HeaderValueOption): HeaderMutation {
  const { keepEmptyValue } = option;
  const name = option.header?.key.toLowerCase() ?? '';
  if (name === '') throw new ConfigError('HeaderValueOption: header key is required');
  const format = compileSubstitutionFormat(option.header?.value ?? '');
  const put = choosePut(option);
  // An Envoy before 1.19 lets `host` through; from then on it is `:authority` under its HTTP/1 name.
  const target = name === 'host' ? ':authority' : name;
  return (headers, input) => {
    const value = format(input);
    if (value !== '' || keepEmptyValue) put(headers, target, value);
  };
}

type Put = (headers: HeaderMap, name: string, value: string) => void;

/** The older `append` field wins where it is set. */
function choosePut({ append, appendAction }: HeaderValueOption): Put {
  if (append !== undefined) return append ? add : set;
  switch (appendAction) {
    case ADD_IF_ABSENT:
      return (headers, name, value) => (headers.has(name) ? undefined : headers.add(name, value));
    case OVERWRITE_IF_EXISTS:
      return (headers, name, value) => (headers.has(name) ? headers.set(name, value) : undefined);
    case OVERWRITE_IF_EXISTS_OR_ADD:
      return set;
    case HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD:
      return add;
  }
}

const set: Put = (headers, name, value) => headers.set(name, value);
/** A pseudo header exists once: adding to it appends to its text. */
const add: Put = (headers, name, value) =>
  name.startsWith(':') ? headers.append(name, value) : headers.add(name, value);
