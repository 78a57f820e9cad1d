import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const OVERRIDES = JSON.parse(readFileSync(join(import.meta.dirname, 'names.json'), 'utf8'));

/**
 * Gives each type the name it is exported under: the name protoc-gen-es declares, or the one that names.json gives it
 * where two packages use the same. Throws when a clash is left.
 */
export function createPublicNames(types) {
  const names = new Map();
  const owners = new Map();
  for (const type of types) {
    const name = getPublicName(type);
    const owner = owners.get(name);
    if (owner)
      throw new Error(`Both ${owner} and ${type.typeName} would be exported as ${name}: add one to names.json`);
    owners.set(name, type.typeName);
    names.set(type.typeName, name);
  }
  return Object.assign(names, { getDeclared });
}

function getPublicName(type) {
  if (Object.hasOwn(OVERRIDES, type.typeName)) return OVERRIDES[type.typeName];
  return type.parent ? `${getPublicName(type.parent)}_${type.name}` : type.name;
}

/** The name that protoc-gen-es declares: nested names joined by an underscore. */
function getDeclared(type) {
  return type.parent ? `${getDeclared(type.parent)}_${type.name}` : type.name;
}
