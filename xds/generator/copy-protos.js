import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'node_modules/@grpc/grpc-js-xds/deps');
const ROOTS = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'];

/** Copies the proto roots of @grpc/grpc-js-xds into one folder and repairs validate.proto. */
export function copyProtos(folder) {
  for (const root of ROOTS) cpSync(join(SOURCE, root), folder, { recursive: true, filter: isCurrentApi });
  const validate = join(folder, 'validate/validate.proto');
  writeFileSync(validate, addIgnoreEmpty(readFileSync(validate, 'utf8')));
}

// The v2 API is shipped without the core types it imports.
function isCurrentApi(path) {
  return !/\/v2(alpha)?\d*$/.test(path);
}

// The shipped validate.proto is older than the Envoy files that use it. Field numbers: protoc-gen-validate 0.6.0.
function addIgnoreEmpty(text) {
  return text.replace(/^message (\w+)Rules \{$([^]*?)^\}$/gm, (message, kind, body) => {
    const number = getIgnoreEmptyNumber(kind);
    return number ? `message ${kind}Rules {${body}\n  optional bool ignore_empty = ${number};\n}` : message;
  });
}

function getIgnoreEmptyNumber(kind) {
  const numbers = { String: 26, Bytes: 14, Repeated: 5, Map: 6 };
  return numbers[kind] ?? (/^(Float|Double|[SU]?Int\d+|S?Fixed\d+)$/.test(kind) ? 8 : undefined);
}
