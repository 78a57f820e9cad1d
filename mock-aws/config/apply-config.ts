import { readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { zipSync } from 'fflate';
import { MeshrigError, messageOf, systemCodeOf } from '#core/errors.ts';
import type { MockConfig } from '../config.ts';
import { readCodeArchive, type CodeArchive } from '../lambda/code-archive.ts';
import type { NewFunction } from '../lambda/lambda-function.ts';
import type { MockAws } from '../server.ts';

type ConfiguredFunction = NonNullable<MockConfig['functions']>[number];

/**
 * Creates the users, keys and functions of a config file.
 *
 * @throws MeshrigError `UNREADABLE_FILE` when a function's file can't be read
 */
export function applyMockConfig(aws: MockAws, config: MockConfig, configFile: string): void {
  for (const { name, accessKeys = [] } of config.users ?? []) {
    aws.iam.createUser(name);
    for (const credentials of accessKeys) aws.iam.createAccessKey(name, { credentials, isSettled: true });
  }
  for (const entry of config.functions ?? []) aws.lambda.createFunction(createDefinition(entry, configFile));
}

function createDefinition(entry: ConfiguredFunction, configFile: string): NewFunction {
  const {
    name,
    file,
    handler = 'handler',
    response,
    timeoutMs,
    memoryMb,
    initMs,
    reservedConcurrency,
    environment,
  } = entry;
  return {
    name,
    ...(file === undefined
      ? { code: () => response }
      : { code: readModule(name, resolve(dirname(configFile), file)), handler: `index.${handler}` }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(memoryMb !== undefined && { memoryMb }),
    ...(initMs !== undefined && { initMs }),
    ...(reservedConcurrency !== undefined && { reservedConcurrency }),
    ...(environment !== undefined && { environment }),
  };
}

/** One module becomes a function's code, as `index` with its own extension. */
function readModule(functionName: string, path: string): CodeArchive {
  try {
    return readCodeArchive(zipSync({ [`index${extname(path)}`]: readFileSync(path) }));
  } catch (cause) {
    const reason = systemCodeOf(cause) === 'ENOENT' ? 'it does not exist' : messageOf(cause);
    throw new MeshrigError('UNREADABLE_FILE', `Failed to read function "${functionName}" from "${path}": ${reason}`, {
      cause,
    });
  }
}
