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
  const exact: PathIndex = new Map();
  const prefixes: PathIndex = new Map();
  const others: number[] = [];
  routes.forEach(({ pathKey }, position) => {
    if (pathKey.kind === 'any') others.push(position);
    else addTo(pathKey.kind === 'exact' ? exact : prefixes, pathKey.text, position);
  });
  const lengths = [...new Set([...prefixes.keys()].map((prefix) => prefix.length))].sort((a, b) => a - b);

  function findCandidates(path: string): number[] {
    const candidates = listPositions(exact, path);
    for (const length of lengths) {
      if (length > path.length) break;
      candidates.push(...listPositions(prefixes, path.slice(0, length)));
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

/** Positions by path. Most paths have one route, which needs no list. */
type PathIndex = Map<string, number | number[]>;

function addTo(index: PathIndex, text: string, position: number): void {
  const known = index.get(text);
  if (known === undefined) index.set(text, position);
  else if (typeof known === 'number') index.set(text, [known, position]);
  else known.push(position);
}

function listPositions(index: PathIndex, text: string): number[] {
  const known = index.get(text);
  if (known === undefined) return [];
  return typeof known === 'number' ? [known] : [...known];
}
