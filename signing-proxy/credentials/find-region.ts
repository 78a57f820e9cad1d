import { systemCodeOf } from '#core/errors.ts';
import type { CredentialEnvironment } from './credential-environment.ts';
import { findProfileValue } from './profile.ts';
import type { RegionKind } from './types.ts';

/** Environment variables in the order asked, and the name in a profile. */
const SOURCES: Readonly<Record<RegionKind, { readonly variables: readonly string[]; readonly name: string }>> = {
  region: { variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'], name: 'REGION' },
  'region-set': { variables: ['AWS_SIGV4A_SIGNING_REGION_SET'], name: 'SIGV4A_SIGNING_REGION_SET' },
};

type RegionEnvironment = Pick<CredentialEnvironment, 'environment' | 'files' | 'dialect' | 'log'>;

/**
 * The region that a configuration leaves out: from the environment, else from the profile in the credentials file, else from
 * that in the config file. The files are read now: a configuration is accepted or refused at once. Evidence: E/aws
 * `region_provider_impl.cc`; measured with 1.36 and 1.40.
 */
export function findRegion(kind: RegionKind, context: RegionEnvironment): string | undefined {
  const { environment, log, dialect } = context;
  const { variables, name } = SOURCES[kind];
  const what = kind === 'region' ? 'Region' : 'RegionSet';
  const found = (provider: string, value: string) => {
    log.debug('misc', `${provider}: ${what} string retrieved: ${value}`);
    return value;
  };
  const stated = variables.map((variable) => environment[variable] ?? '').find((value) => value !== '');
  if (stated !== undefined) return found('EnvironmentRegionProvider', stated);
  const home = environment['HOME'] ?? '';
  const profile = environment['AWS_PROFILE'] || 'default';
  const credentialsFile = environment['AWS_SHARED_CREDENTIALS_FILE'] || dialect.credentials.locateCredentialsFile(home);
  const inCredentials = readProfile(context, { path: credentialsFile, section: profile, name });
  if (inCredentials !== '') return found('AWSCredentialsFileRegionProvider', inCredentials);
  const configFile = environment['AWS_CONFIG_FILE'] || `${home}/.aws/config`;
  const section = profile === 'default' ? profile : `profile ${profile}`;
  const inConfig = readProfile(context, { path: configFile, section, name });
  return inConfig === '' ? undefined : found('AWSConfigFileRegionProvider', inConfig);
}

/** Empty where there is no such file, section or name. */
function readProfile(
  { files }: RegionEnvironment,
  { path, section, name }: { path: string; section: string; name: string },
): string {
  try {
    return findProfileValue(files.readNow(path).toString('utf8'), section, name);
  } catch (error) {
    // A file that cannot be read is none; anything else is a mistake of this code.
    if (systemCodeOf(error) === undefined) throw error;
    return '';
  }
}
