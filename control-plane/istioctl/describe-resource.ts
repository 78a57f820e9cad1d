import { readAt, readText } from './read-json.ts';

/** The object of Istio that shaped a resource, as `name.namespace`; empty where the metadata names none. */
export function describeOrigin(resource: unknown): string {
  const config = readText(resource, 'metadata', 'filter_metadata', 'istio', 'config');
  const [, namespace, name] = /^\/apis\/[^/]+\/[^/]+\/namespaces\/([^/]+)\/[^/]+\/([^/]+)$/.exec(config) ?? [];
  return namespace === undefined || name === undefined ? config : `${name}.${namespace}`;
}

/** The path that a route's match asks for; headers are not told. */
export function describeMatch(match: unknown): string {
  const prefix = readText(match, 'prefix');
  const regex = readText(match, 'safe_regex', 'regex');
  return [
    prefix === '' ? '' : `${prefix}*`,
    readText(match, 'path'),
    readAt(match, 'path_separated_prefix') === undefined
      ? ''
      : `PathPrefix:${readText(match, 'path_separated_prefix')}`,
    regex === '' ? '' : `regex ${regex}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
