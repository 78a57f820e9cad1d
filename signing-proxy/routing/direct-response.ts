import type { DirectResponseAction as DirectResponseConfig } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { DirectResponseAction } from './types.ts';

const DEFAULT_MAX_BYTES = 4096;

/** Compiles a direct response. @throws ConfigError for a body that is too long or not given inline */
export function compileDirectResponse(
  config: DirectResponseConfig,
  maxBytes = DEFAULT_MAX_BYTES,
): DirectResponseAction {
  const body = readBody(config);
  if (body.length > maxBytes) {
    throw new ConfigError(`response body size is ${body.length} bytes; maximum is ${maxBytes}`);
  }
  return { kind: 'direct-response', status: config.status, body };
}

function readBody({ body }: DirectResponseConfig): Buffer {
  const specifier = body?.specifier;
  switch (specifier?.case) {
    case 'inlineString':
      return Buffer.from(specifier.value, 'utf8');
    case 'inlineBytes':
      return Buffer.from(specifier.value);
    case undefined:
      return Buffer.alloc(0);
    case 'filename':
    case 'environmentVariable':
      throw new ConfigError('DirectResponseAction: body must be inline_string or inline_bytes');
  }
}
