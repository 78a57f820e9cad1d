import { expect, test } from 'vitest';
import { applyEdgeTo } from './support/edge.ts';

test('lets :authority win over host', () => {
  const { request, changes } = applyEdgeTo([':authority', 'a.example.com', 'host', 'b.example.com']);
  expect(request.headers).toEqual([':authority', 'a.example.com', 'host', 'a.example.com']);
  expect(changes).toMatchObject([{ rule: 'authority-over-host', header: 'host', from: 'b.example.com' }]);
});

test('makes a host of :authority alone, without its port', () => {
  const { request } = applyEdgeTo([':authority', 'a.example.com:9080']);
  expect(request.headers).toEqual([':authority', 'a.example.com', 'host', 'a.example.com']);
});

test('leaves a host alone', () => {
  expect(applyEdgeTo(['Host', 'a.example.com']).changes).toEqual([]);
});
