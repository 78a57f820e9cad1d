import { readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { zipSync } from 'fflate';
import { MeshrigError, messageOf, systemCodeOf } from '#core/errors.ts';
import type { MockConfig } from '../config.ts';
import { readCodeArchive, type CodeArchive } from '../lambda/code-archive.ts';
import type { NewFunction } from '../lambda/lambda-function.ts';
import type { InstanceSettings } from '../metadata/instance-metadata.ts';
import type { MockAws } from '../server.ts';

type ConfiguredRole = NonNullable<MockConfig['roles']>[number];
type ConfiguredFunction = NonNullable<MockConfig['functions']>[number];

/**
 * Creates what a config file names.
 *
 * @throws MeshrigError `UNREADABLE_FILE` when a function's file can't be read; `INVALID_CONFIG` for a policy IAM refuses
 */
export function applyMockConfig(aws: MockAws, config: MockConfig, configFile: string): void {
  for (const { name, accessKeys = [] } of config.users ?? []) {
    aws.iam.createUser(name);
    for (const credentials of accessKeys) aws.iam.createAccessKey(name, { credentials, isSettled: true });
  }
  for (const role of config.roles ?? []) createRole(aws, role, configFile);
  for (const { keys, url, clientIds = [], thumbprints = [] } of config.oidcProviders ?? []) {
    aws.iam.oidcProviders.create({ url, clientIds, thumbprints });
    if (keys !== undefined) aws.sts.giveIssuerKeys(url, keys);
  }
  if (config.instance !== undefined) aws.metadata.configure(withoutUndefined(config.instance));
  for (const { lifetimeMs, ...pods } of config.podIdentities ?? []) {
    aws.container.associate({ ...pods, ...(lifetimeMs !== undefined && { lifetimeMs }) });
  }
  for (const entry of config.functions ?? []) aws.lambda.createFunction(createDefinition(entry, configFile));
  for (const { id, role, lifetimeMs } of config.tasks ?? []) {
    aws.container.addTask(role, { id, ...(lifetimeMs !== undefined && { lifetimeMs }) });
  }
}

function createRole({ iam }: MockAws, entry: ConfiguredRole, configFile: string): void {
  const { name, trust, policies = {}, managedPolicies = [], maxSessionSeconds } = entry;
  try {
    const limits = maxSessionSeconds === undefined ? {} : { maxSessionSeconds };
    iam.roles.createRole({ roleName: name, trustPolicy: trust, policies, ...limits });
    for (const arn of managedPolicies) iam.roles.attachPolicy(name, arn);
  } catch (cause) {
    const message = `Failed to read config "${configFile}": role "${name}": ${messageOf(cause)}`;
    throw new MeshrigError('INVALID_CONFIG', message, { cause });
  }
}

/** zod leaves absent fields out, but its types do not say so. */
function withoutUndefined({ role, tokens, lifetimeMs }: NonNullable<MockConfig['instance']>): InstanceSettings {
  return {
    ...(role !== undefined && { role }),
    ...(tokens !== undefined && { tokens }),
    ...(lifetimeMs !== undefined && { lifetimeMs }),
  };
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
