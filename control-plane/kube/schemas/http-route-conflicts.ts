type Names = Readonly<Record<string, string>> | undefined;

interface HeaderChanges {
  readonly set?: Names;
  readonly add?: Names;
  readonly remove?: readonly string[] | undefined;
}

/** The parts of an HTTP route that exclude each other. */
interface RouteParts {
  readonly route?: unknown;
  readonly redirect?: unknown;
  readonly directResponse?: unknown;
  readonly delegate?: unknown;
  readonly fault?: unknown;
  readonly mirror?: unknown;
  readonly mirrors?: unknown;
  readonly rewrite?: { readonly authority?: string | undefined } | undefined;
  readonly headers?: { readonly request?: HeaderChanges | undefined } | undefined;
}

/** A field that must not be there, by its path; the whole value for an empty one. */
export interface Conflict {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What istiod's webhook refuses in one HTTP route (istio pkg/config/validation/virtualservice.go). */
export function findRouteConflicts(route: RouteParts): Conflict[] {
  const conflicts = route.delegate === undefined ? findActionConflicts(route) : findDelegateConflicts(route);
  if (route.mirror !== undefined && route.mirrors !== undefined) {
    conflicts.push({ path: ['mirrors'], message: 'must not stand beside "mirror"' });
  }
  if (countAuthorities(route) > 1) {
    conflicts.push({ path: ['headers'], message: 'must not set the authority a second time' });
  }
  return conflicts;
}

function findActionConflicts(route: RouteParts): Conflict[] {
  const actions = (['route', 'redirect', 'directResponse'] as const).filter((name) => route[name] !== undefined);
  const [action] = actions;
  if (action === undefined || actions.length > 1) {
    return [{ path: [], message: 'must have one of "route", "redirect", "directResponse", "delegate"' }];
  }
  if (action === 'route') return [];
  const strangers = (['fault', 'rewrite'] as const).filter((name) => route[name] !== undefined);
  return strangers.map((name) => ({ path: [name], message: `must not stand beside "${action}"` }));
}

/** The routes that are delegated to inherit everything but where to go. */
function findDelegateConflicts(route: RouteParts): Conflict[] {
  const strangers = (['route', 'redirect'] as const).filter((name) => route[name] !== undefined);
  return strangers.map((name) => ({ path: [name], message: 'must not stand beside "delegate"' }));
}

function countAuthorities({ rewrite, headers }: RouteParts): number {
  const { set = {}, add = {} } = headers?.request ?? {};
  const names = [...Object.keys(set), ...Object.keys(add)].filter(isAuthority);
  return names.length + (rewrite?.authority === undefined ? 0 : 1);
}

/**
 * Header names that cannot be changed: those of the request line. Setting a request's host is another matter, it becomes a
 * rewrite.
 */
export function findFixedHeaders(
  headers: Readonly<Partial<Record<'request' | 'response', HeaderChanges | undefined>>>,
): Conflict[] {
  return (['request', 'response'] as const).flatMap((side) => {
    const { set = {}, add = {}, remove = [] } = headers[side] ?? {};
    const maySetHost = side === 'request';
    const refuse = (name: string, ...path: string[]): Conflict[] =>
      isFixed(name) ? [{ path: [side, ...path], message: `must not hold "${name}"` }] : [];
    return [
      ...Object.keys(set).flatMap((name) => (maySetHost && isAuthority(name) ? [] : refuse(name, 'set'))),
      ...Object.keys(add).flatMap((name) => (maySetHost && isAuthority(name) ? [] : refuse(name, 'add'))),
      ...remove.flatMap((name) => refuse(name, 'remove')),
    ];
  });
}

/** Whether a header is the host of a request, by its name in HTTP/1 or HTTP/2. */
export function isAuthority(name: string): boolean {
  return /^(:authority|host)$/i.test(name);
}

function isFixed(name: string): boolean {
  return name.startsWith(':') || isAuthority(name);
}
