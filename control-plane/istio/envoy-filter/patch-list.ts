import type { PatchTarget, PatchValue } from './patch-value.ts';
import type { Patch } from './select-patches.ts';

/** How patches find their place in one kind of list. */
export interface ListRules<Target extends PatchTarget> {
  /** Whether a patch says which item it means. */
  readonly isAimed: (patch: Patch<Target>) => boolean;
  readonly matches: (item: PatchValue<Target>, patch: Patch<Target>) => boolean;
  readonly copy: (value: PatchValue<Target>) => PatchValue<Target>;
}

/**
 * Carries out ADD, the INSERTs and REPLACE of one patch on a list, in place. Before an item that is not named means first,
 * after one means last; an item that is named and not there means no change (gateways.md 5.7).
 */
export function applyInsertion<Target extends PatchTarget>(
  items: PatchValue<Target>[],
  patch: Patch<Target>,
  rules: ListRules<Target>,
): void {
  const isAimed = rules.isAimed(patch);
  const index = isAimed ? items.findIndex((item) => rules.matches(item, patch)) : -1;
  const isLost = isAimed && index === -1;
  const insert = (at: number): void => void items.splice(at, 0, rules.copy(patch.value));
  switch (patch.operation) {
    case 'ADD':
      insert(items.length);
      break;
    case 'INSERT_FIRST':
      insert(0);
      break;
    case 'INSERT_BEFORE':
      if (!isLost) insert(Math.max(index, 0));
      break;
    case 'INSERT_AFTER':
      if (!isLost) insert(isAimed ? index + 1 : items.length);
      break;
    case 'REPLACE':
      if (index !== -1) items[index] = rules.copy(patch.value);
      break;
    case 'MERGE':
    case 'REMOVE':
      break;
  }
}
