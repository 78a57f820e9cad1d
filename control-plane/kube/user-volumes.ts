import { z } from 'zod';
import { messageOf } from '#core/errors.ts';
import { findNearest } from '#core/nearest.ts';
import { findKnownFields } from './known-fields.ts';
import { volume, volumeMount, type Volume, type VolumeMount } from './schemas/volumes.ts';

/** The annotations through which users give a sidecar volumes, with the name of what they list. */
export const USER_VOLUME = 'sidecar.istio.io/userVolume';
export const USER_VOLUME_MOUNT = 'sidecar.istio.io/userVolumeMount';

/** What the annotations of a pod template add to its proxy. */
export interface UserVolumes {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

/** A mistake in one of the annotations. */
export interface UserVolumeProblem {
  readonly annotation: string;
  readonly message: string;
}

// Istio's own example spells it so; Go's JSON reader takes fields in any case.
const mount = volumeMount.extend({ readonly: z.boolean().optional() });

/** Reads both annotations. What has a mistake is left out of the result and told. */
export function readUserVolumes(
  annotations: Readonly<Record<string, string>>,
): UserVolumes & { readonly problems: readonly UserVolumeProblem[] } {
  const problems: UserVolumeProblem[] = [];
  const read = <Item>(annotation: string, item: z.ZodType<Item>): readonly Item[] => {
    const text = annotations[annotation];
    if (text === undefined) return [];
    const result = readList(text, item);
    if ('items' in result) return result.items;
    problems.push(...result.mistakes.map((message) => ({ annotation, message })));
    return [];
  };
  return { volumes: read(USER_VOLUME, volume), mounts: read(USER_VOLUME_MOUNT, mount), problems };
}

type ListResult<Item> = { readonly items: readonly Item[] } | { readonly mistakes: readonly string[] };

/** Istio's template ranges over a list, or over a map from names to the rest (`inject-template`). */
function readList<Item>(text: string, item: z.ZodType<Item>): ListResult<Item> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { mistakes: [`must be JSON: ${messageOf(error)}`] };
  }
  if (typeof value !== 'object' || value === null) return { mistakes: ['must be a JSON list'] };
  const list: unknown[] = Array.isArray(value)
    ? value
    : Object.entries(value).map(([name, rest]: [string, unknown]) => ({ name, ...Object(rest) }));
  const result = z.array(item).safeParse(list);
  if (result.success) return { items: result.data };
  return { mistakes: result.error.issues.flatMap((issue) => describeIssue(issue, item)) };
}

function describeIssue(issue: z.core.$ZodIssue, item: z.ZodType): string[] {
  const [, ...path] = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  const place = path.length === 0 ? '' : ` in "${path.join('.')}"`;
  if (issue.code !== 'unrecognized_keys') return [`${issue.message}${place}`];
  const known = findKnownFields(item, path);
  return issue.keys.map((key) => `unknown field "${key}"${place}: ${suggest(key, known)}`);
}

function suggest(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known);
  return nearest === undefined ? `known: ${known.join(', ')}` : `did you mean "${nearest}"?`;
}
