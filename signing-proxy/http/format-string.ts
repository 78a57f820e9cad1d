import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { SubstitutionFormatString } from '#xds/generated/messages.js';
import {
  compileSubstitutionFormat,
  type SubstitutionFormat,
  type SubstitutionInput,
} from '../routing/substitution-format.ts';
import { readDataSource } from '../secrets/data-source.ts';

/**
 * Compiles a text or JSON format, as access logs and local replies have them; `defaultText` stands where none is given.
 *
 * @throws ConfigError for a format that cannot be read
 */
export function compileFormatString(
  config: SubstitutionFormatString | undefined,
  defaultText: string,
): SubstitutionFormat {
  const format = config?.format;
  switch (format?.case) {
    case 'jsonFormat':
      return compileJsonFormat(format.value);
    case 'textFormat':
      return compileTextFormat(format.value);
    case 'textFormatSource':
      return compileTextFormat(readDataSource(format.value)?.text ?? '');
    case undefined:
      return compileTextFormat(defaultText);
  }
}

/** Facts that are missing show as `-`. */
export function compileTextFormat(text: string): SubstitutionFormat {
  return compileSubstitutionFormat(text, { missing: '-' });
}

/** Every text inside is a format of its own. Keys are sorted, and a line feed ends it (measured against Envoy 1.40). */
export function compileJsonFormat(template: JsonObject): SubstitutionFormat {
  const write = compileJsonValue(template);
  return (input) => `${JSON.stringify(write(input))}\n`;
}

/** A number is written as one where it is all of a value. */
const NUMBER = /^%(?:RESPONSE_CODE|BYTES_RECEIVED|BYTES_SENT|DURATION|DOWNSTREAM_LOCAL_PORT)%$/;

/** Stands for a fact that is missing; no fact has such a byte. */
const MISSING = '\0';

function compileJsonValue(value: JsonValue): (input: SubstitutionInput) => JsonValue {
  if (typeof value === 'string') return compileJsonText(value);
  if (Array.isArray(value)) {
    const items = value.map(compileJsonValue);
    return (input) => items.map((write) => write(input));
  }
  if (typeof value !== 'object' || value === null) return () => value;
  const fields = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, compileJsonValue(inner)] as const);
  return (input) => Object.fromEntries(fields.map(([key, write]) => [key, write(input)]));
}

function compileJsonText(text: string): (input: SubstitutionInput) => JsonValue {
  if (!/^%[^%]+%$/.test(text)) return compileTextFormat(text);
  const write = compileSubstitutionFormat(text, { missing: MISSING });
  const isNumber = NUMBER.test(text);
  return (input) => {
    const written = write(input);
    if (written === MISSING) return null;
    return isNumber ? Number(written) : written;
  };
}
