import { z } from 'zod';
import type { FieldPath } from './source-map.ts';

/** The field names that a schema knows at a path; none where any field goes. */
export function findKnownFields(schema: z.ZodType, path: FieldPath): readonly string[] {
  const [step, ...rest] = path;
  const bare = unwrap(schema);
  if (step === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  const inner = stepInto(bare, step);
  return inner === undefined ? [] : findKnownFields(inner, rest);
}

function stepInto(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return asSchema(schema.shape[step]);
  if (schema instanceof z.ZodArray) return asSchema(schema.element);
  if (schema instanceof z.ZodRecord) return asSchema(schema.valueType);
  return undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return unwrap(asSchema(schema.unwrap()) ?? z.unknown());
  }
  return schema;
}

function asSchema(value: unknown): z.ZodType | undefined {
  return value instanceof z.ZodType ? value : undefined;
}
