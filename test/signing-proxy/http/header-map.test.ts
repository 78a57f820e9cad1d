import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeaderMap } from '#signing-proxy/http/header-map.ts';

const sample = () => HeaderMap.fromRaw(['Host', 'example.com', 'X-A', '1', ':path', '/cat', 'x-a', '2', 'X-B', '']);

test('lower-cases names and keeps values as received', () => {
  expect([...sample().entries()]).toEqual([
    [':path', '/cat'],
    ['host', 'example.com'],
    ['x-a', '1'],
    ['x-a', '2'],
    ['x-b', ''],
  ]);
});

test('reads the first value and all values', () => {
  expect(sample().get('x-a')).toBe('1');
  expect(sample().getAll('x-a')).toEqual(['1', '2']);
  expect(sample().get('x-missing')).toBeUndefined();
  expect(sample().has('x-b')).toBe(true);
});

test('sets in the place of the first value and drops the others', () => {
  const headers = sample();
  headers.set('x-a', '3');
  headers.set(':path', '/dog');
  headers.set('x-new', '4');
  expect(headers.toRaw()).toEqual(['host', 'example.com', 'x-a', '3', 'x-b', '', 'x-new', '4']);
  expect(headers.get(':path')).toBe('/dog');
});

test('appends to the last value with a bare comma', () => {
  const headers = sample();
  headers.append('x-a', '3');
  headers.append('x-b', 'first');
  headers.append('x-new', 'only');
  expect(headers.toRaw()).toEqual(['host', 'example.com', 'x-a', '1', 'x-a', '2,3', 'x-b', 'first', 'x-new', 'only']);
});

test('removes every value of a header and counts them', () => {
  const headers = sample();
  expect(headers.remove('x-a')).toBe(2);
  expect(headers.remove('x-a')).toBe(0);
  expect(headers.toRaw()).toEqual(['host', 'example.com', 'x-b', '']);
});

test('removes by predicate without touching pseudo headers', () => {
  const headers = sample();
  headers.removeIf((name) => name.startsWith('x-') || name === ':path');
  expect([...headers.entries()]).toEqual([
    [':path', '/cat'],
    ['host', 'example.com'],
  ]);
});

test('a clone is independent', () => {
  const headers = sample();
  const copy = headers.clone();
  copy.set('host', 'other');
  expect(headers.get('host')).toBe('example.com');
});

test('behaves as a plain list of pairs under any sequence of operations', () => {
  const name = fc.constantFrom('a', 'b', 'c', ':p');
  const operation = fc.record({ kind: fc.constantFrom('set', 'add', 'remove'), name, value: fc.string() });
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const headers = HeaderMap.empty();
      let model: [string, string][] = [];
      for (const { kind, name, value } of operations) {
        if (kind === 'add') headers.add(name, value);
        if (kind === 'set') headers.set(name, value);
        if (kind === 'remove') headers.remove(name);
        model = applyToModel(model, kind, [name, value]);
      }
      const isPseudo = ([name]: [string, string]) => name.startsWith(':');
      expect([...headers.entries()]).toEqual([...model.filter(isPseudo), ...model.filter((pair) => !isPseudo(pair))]);
    }),
  );
});

function applyToModel(model: [string, string][], kind: string, pair: [string, string]): [string, string][] {
  const others = model.filter(([name]) => name !== pair[0]);
  if (kind === 'remove') return others;
  const first = model.findIndex(([name]) => name === pair[0]);
  if (kind === 'add' || first < 0) return [...model, pair];
  return model.flatMap((existing, index) => (index === first ? [pair] : existing[0] === pair[0] ? [] : [existing]));
}
