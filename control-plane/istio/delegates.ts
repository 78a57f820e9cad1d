import type { KubeObject } from '../kube/kinds.ts';
import type { Destination, HttpMatch, HttpRoute, StringMatch } from '../kube/schemas/virtual-service.ts';
import { resolveShortName } from './names.ts';
import { resolveGateway } from './routes/bound-virtual-services.ts';
import { isExportedTo } from './visibility.ts';

type VirtualService = KubeObject<'VirtualService'>;

/**
 * Puts the routes of VirtualServices without hosts where others delegate to them. A route that delegates to none, or to one
 * that its namespace cannot see, is left out (istio `pilot/pkg/model/virtualservice.go`).
 */
export function resolveDelegates(virtualServices: readonly VirtualService[]): VirtualService[] {
  const delegates = new Map(
    virtualServices
      .filter(({ spec }) => spec.hosts.length === 0)
      .map((virtualService) => [keyOf(virtualService.metadata), virtualService]),
  );
  return virtualServices
    .filter(({ spec }) => spec.hosts.length > 0)
    .map((root) => (isRoot(root) ? withRoutesOfDelegates(root, delegates) : root));
}

function isRoot({ spec }: VirtualService): boolean {
  return spec.http?.some(({ delegate }) => delegate !== undefined) === true;
}

function withRoutesOfDelegates(root: VirtualService, delegates: ReadonlyMap<string, VirtualService>): VirtualService {
  const { namespace } = root.metadata;
  const http = (root.spec.http ?? []).flatMap((route) => {
    if (route.delegate === undefined) return [route];
    const { name, namespace: owner = namespace } = route.delegate;
    const found = delegates.get(keyOf({ name, namespace: owner }));
    if (found === undefined || !isExportedTo(found.spec.exportTo, found.metadata.namespace, namespace)) return [];
    const inRoot = withFullNames(route, namespace);
    return (found.spec.http ?? []).flatMap((own) => mergeRoutes(inRoot, withFullNames(own, found.metadata.namespace)));
  });
  return { ...root, spec: { ...root.spec, http } };
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** A delegate's route takes from the root's what it does not say itself. None is left where their conditions exclude each other. */
function mergeRoutes(root: HttpRoute, own: HttpRoute): HttpRoute[] {
  const match = mergeMatches(root.match ?? [], own.match ?? []);
  if (match === undefined) return [];
  const { delegate: _, ...inherited } = root;
  return [{ ...inherited, ...own, ...joinNames(root, own), match }];
}

/** Undefined when a condition of the delegate lies in none of the root's. */
function mergeMatches(root: readonly HttpMatch[], own: readonly HttpMatch[]): HttpMatch[] | undefined {
  if (root.length === 0) return [...own];
  if (own.length === 0) return [...root];
  const merged = own.map((narrow) =>
    root.filter((wide) => isWithin(narrow, wide)).map((wide) => mergeMatch(wide, narrow)),
  );
  return merged.some((matches) => matches.length === 0) ? undefined : merged.flat();
}

function mergeMatch(wide: HttpMatch, narrow: HttpMatch): HttpMatch {
  return {
    ...wide,
    ...narrow,
    ...joinNames(wide, narrow),
    headers: { ...wide.headers, ...narrow.headers },
    withoutHeaders: { ...wide.withoutHeaders, ...narrow.withoutHeaders },
    queryParams: { ...wide.queryParams, ...narrow.queryParams },
    sourceLabels: { ...wide.sourceLabels, ...narrow.sourceLabels },
    gateways: narrow.gateways?.length ? narrow.gateways : wide.gateways,
  };
}

function joinNames(root: { name?: string | undefined }, own: { name?: string | undefined }): { name?: string } {
  const name = [root.name, own.name].filter(Boolean).join('-');
  return name === '' ? {} : { name };
}

/** Whether what a delegate asks for is part of what its root asks for. */
function isWithin(narrow: HttpMatch, wide: HttpMatch): boolean {
  const gateways = wide.gateways ?? [];
  return (
    (['uri', 'scheme', 'method', 'authority'] as const).every((part) => isStringWithin(narrow[part], wide[part])) &&
    (['headers', 'withoutHeaders', 'queryParams'] as const).every((part) =>
      Object.entries(narrow[part] ?? {}).every(([name, value]) => isStringWithin(value, wide[part]?.[name])),
    ) &&
    (narrow.ignoreUriCase ?? false) === (wide.ignoreUriCase ?? false) &&
    (narrow.port === undefined || wide.port === undefined || narrow.port === wide.port) &&
    (wide.sourceNamespace === undefined || narrow.sourceNamespace === wide.sourceNamespace) &&
    Object.entries(narrow.sourceLabels ?? {}).every(
      ([name, value]) => (wide.sourceLabels?.[name] ?? value) === value,
    ) &&
    (gateways.length === 0 || (narrow.gateways ?? []).every((gateway) => gateways.includes(gateway)))
  );
}

/** Of two regular expressions, or one and something else, nobody can tell. */
function isStringWithin(narrow: StringMatch | undefined, wide: StringMatch | undefined): boolean {
  if (narrow === undefined || wide === undefined) return true;
  if (narrow.regex !== undefined || wide.regex !== undefined) return false;
  if (wide.exact !== undefined) return narrow.exact === wide.exact;
  const text = narrow.exact ?? narrow.prefix;
  return wide.prefix !== undefined && text !== undefined && text.startsWith(wide.prefix);
}

/** A short name means a Service of the namespace that it was written in, which is not always where the route is used. */
function withFullNames(route: HttpRoute, namespace: string): HttpRoute {
  const complete = <T extends Destination>(to: T): T => ({ ...to, host: resolveShortName(to.host, namespace) });
  const { match, route: destinations, mirror, mirrors } = route;
  return {
    ...route,
    ...(match && { match: match.map((condition) => withFullGateways(condition, namespace)) }),
    ...(destinations && { route: destinations.map((to) => ({ ...to, destination: complete(to.destination) })) }),
    ...(mirror && { mirror: complete(mirror) }),
    ...(mirrors && { mirrors: mirrors.map((to) => ({ ...to, destination: complete(to.destination) })) }),
  };
}

function withFullGateways(match: HttpMatch, namespace: string): HttpMatch {
  const { gateways } = match;
  return gateways === undefined
    ? match
    : { ...match, gateways: gateways.map((name) => resolveGateway(name, namespace)) };
}
