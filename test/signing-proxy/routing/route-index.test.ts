import fc from 'fast-check';
import { expect, test } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { createRandom } from '#core/random.ts';
import { RouteMatchSchema, type RouteMatch } from '#xds/generated/messages.js';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';
import { createRouteFinder } from '#signing-proxy/routing/route-index.ts';
import { compileRouteMatch } from '#signing-proxy/routing/route-matcher.ts';

const path = fc
  .array(fc.constantFrom('a', 'b', 'A', ''), { minLength: 1, maxLength: 3 })
  .map((segments) => `/${segments.join('/')}`);

const routeMatch: fc.Arbitrary<RouteMatch> = fc
  .record({
    kind: fc.constantFrom('prefix', 'path', 'pathSeparatedPrefix', 'regex'),
    text: path,
    caseSensitive: fc.boolean(),
  })
  .map(({ kind, text, caseSensitive }) =>
    create(RouteMatchSchema, {
      caseSensitive,
      pathSpecifier:
        kind === 'regex'
          ? { case: 'safeRegex', value: { regex: `${text}.?` } }
          : { case: kind as 'prefix', value: kind === 'pathSeparatedPrefix' ? text.replace(/\/+$/, '') : text },
    }),
  );

test('finds the route that walking all routes finds first', () => {
  const random = createRandom('unused');
  fc.assert(
    fc.property(
      fc.array(routeMatch, { minLength: 16, maxLength: 60 }),
      fc.array(path, { minLength: 1 }),
      (matches, paths) => {
        const routes = matches.map((match, position) => ({ ...compileRouteMatch(match), position }));
        const find = createRouteFinder(routes);
        for (const requested of paths) {
          const input = { path: requested, headers: HeaderMap.from([[':path', requested]]), random };
          expect(find(input)?.position).toBe(routes.find((route) => route.matches(input))?.position);
        }
      },
    ),
  );
});

test('asks few of ten thousand routes', () => {
  let asked = 0;
  const routes = Array.from({ length: 10_000 }, (_, index) => ({
    pathKey: { kind: index % 2 === 0 ? ('exact' as const) : ('prefix' as const), text: `/function-${index}` },
    matches: ({ path: requested }: { path: string }) => {
      asked++;
      return requested === `/function-${index}`;
    },
  }));
  const find = createRouteFinder(routes);
  const input = { path: '/function-9999', headers: HeaderMap.empty(), random: createRandom('unused') };
  expect(find(input)).toBe(routes[9999]);
  expect(asked).toBeLessThan(10);
});
