import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'node_modules/@grpc/grpc-js-xds/deps');
const ROOTS = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'];
const REQUEST_SIGNING = 'envoy/extensions/filters/http/aws_request_signing/v3/aws_request_signing.proto';

/** Copies the proto roots of @grpc/grpc-js-xds and the protos of this folder into one, and brings two of them up to date. */
export function copyProtos(folder) {
  for (const root of ROOTS) cpSync(join(SOURCE, root), folder, { recursive: true, filter: isCurrentApi });
  cpSync(join(import.meta.dirname, 'protos'), folder, { recursive: true });
  rewrite(join(folder, 'validate/validate.proto'), addIgnoreEmpty);
  rewrite(join(folder, REQUEST_SIGNING), addSigningFields);
}

function rewrite(file, change) {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
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

// Fields of Envoy 1.33 and later, numbers of gateways.md 2.8.
function addSigningFields(text) {
  return text
    .replace(/^import "envoy/m, 'import "envoy/extensions/common/aws/v3/credential_provider.proto";\n$&')
    .replace(
      /^  QueryString query_string = 7;$/m,
      `$&
  common.aws.v3.AwsCredentialProvider credential_provider = 8;
  repeated type.matcher.v3.StringMatcher match_included_headers = 9;`,
    );
}
