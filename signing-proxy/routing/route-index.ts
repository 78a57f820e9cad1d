import type { MatchInput, PathKey, RoutePredicate } from './route-matcher.ts';

/** Below this many routes walking them is faster than looking them up. */
const MIN_INDEXED = 16;

export interface IndexedRoute {
  readonly matches: RoutePredicate;
  readonly pathKey: PathKey;
}

export type RouteFinder<Route> = (input: MatchInput) => Route | undefined;

/**
 * Finds the first route that matches, in the order configured.
 *
 * Long lists are indexed so that the time does not grow with their length: exact paths by their text, prefixes by their
 * text once per distinct length. Routes that may match any path are walked.
 */
export function createRouteFinder<Route extends IndexedRoute>(routes: readonly Route[]): RouteFinder<Route> {
  return routes.length < MIN_INDEXED
    ? (input) => routes.find((route) => route.matches(input))
    : createIndexedFinder(routes);
}

function createIndexedFinder<Route extends IndexedRoute>(routes: readonly Route[]): RouteFinder<Route> {
  const exact = new Map<string, number[]>();
  const prefixes = new Map<string, number[]>();
  const others: number[] = [];
  routes.forEach(({ pathKey }, position) => {
    if (pathKey.kind === 'any') others.push(position);
    else addTo(pathKey.kind === 'exact' ? exact : prefixes, pathKey.text, position);
  });
  const lengths = [...new Set([...prefixes.keys()].map((prefix) => prefix.length))].sort((a, b) => a - b);

  function findCandidates(path: string): number[] {
    const candidates = [...(exact.get(path) ?? [])];
    for (const length of lengths) {
      if (length > path.length) break;
      const positions = prefixes.get(path.slice(0, length));
      if (positions !== undefined) candidates.push(...positions);
    }
    return candidates.sort((a, b) => a - b);
  }

  return (input) => {
    let next = 0;
    for (const position of [...findCandidates(input.path), routes.length]) {
      for (; next < others.length && (others[next] as number) < position; next++) {
        const route = routes[others[next] as number];
        if (route?.matches(input) === true) return route;
      }
      const route = routes[position];
      if (route?.matches(input) === true) return route;
    }
    return undefined;
  };
}

function addTo(index: Map<string, number[]>, text: string, position: number): void {
  const positions = index.get(text);
  if (positions === undefined) index.set(text, [position]);
  else positions.push(position);
}
