import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'node_modules/@grpc/grpc-js-xds/deps');
const OWN_PROTOS = join(import.meta.dirname, 'protos');
const REQUEST_SIGNING = 'envoy/extensions/filters/http/aws_request_signing/v3/aws_request_signing.proto';
const ROOTS = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'];

/** Copies the proto roots of @grpc/grpc-js-xds into one folder, repairs validate.proto and adds what is newer than they are. */
export function copyProtos(folder) {
  for (const root of ROOTS) cpSync(join(SOURCE, root), folder, { recursive: true, filter: isCurrentApi });
  const validate = join(folder, 'validate/validate.proto');
  writeFileSync(validate, addIgnoreEmpty(readFileSync(validate, 'utf8')));
  cpSync(OWN_PROTOS, folder, { recursive: true });
  const requestSigning = join(folder, REQUEST_SIGNING);
  writeFileSync(requestSigning, addLaterFields(readFileSync(requestSigning, 'utf8')));
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

// Fields of Envoy 1.33 and later: gateways.md 2.8.
function addLaterFields(text) {
  return text
    .replace(
      'import "envoy/type/matcher',
      'import "envoy/extensions/common/aws/v3/credential_provider.proto";\nimport "envoy/type/matcher',
    )
    .replace(
      /( *)QueryString query_string = 7;/,
      '$&\n\n$1common.aws.v3.AwsCredentialProvider credential_provider = 8;\n\n$1repeated type.matcher.v3.StringMatcher match_included_headers = 9;',
    );
}
