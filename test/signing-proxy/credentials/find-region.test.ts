import { describe, expect, test } from 'vitest';
import { envoy130 } from '#signing-proxy/dialects/envoy-1.30.ts';
import { createCredentialWorld, type CredentialWorldOptions } from '../support/credential-world.ts';

const CONFIG = '[default]\nregion = eu-west-2\n[profile x]\nregion=eu-west-3\n[y]\nregion=eu-north-1\n';
const HOME = { HOME: '/root' };

/** Each case is one that a stock Envoy 1.40 was asked about. */
describe('the region that a configuration leaves out', () => {
  test.each<[where: string, options: CredentialWorldOptions, region: string | undefined]>([
    ['AWS_REGION', { environment: { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-9' } }, 'eu-west-1'],
    ['AWS_DEFAULT_REGION', { environment: { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-9' } }, 'eu-west-9'],
    [
      'the credentials file',
      {
        environment: HOME,
        files: { '/root/.aws/credentials': '[default]\n Region = eu-west-1\n', '/root/.aws/config': CONFIG },
      },
      'eu-west-1',
    ],
    [
      'the credentials file that is named',
      { environment: { AWS_SHARED_CREDENTIALS_FILE: '/keys' }, files: { '/keys': '[default]\nregion=eu-west-1' } },
      'eu-west-1',
    ],
    ['the config file', { environment: HOME, files: { '/root/.aws/config': CONFIG } }, 'eu-west-2'],
    [
      'a profile of the config file',
      { environment: { ...HOME, AWS_PROFILE: 'x' }, files: { '/root/.aws/config': CONFIG } },
      'eu-west-3',
    ],
    [
      'a section of the config file that is no profile: nowhere',
      { environment: { ...HOME, AWS_PROFILE: 'y' }, files: { '/root/.aws/config': CONFIG } },
      undefined,
    ],
    ['the config file that is named', { environment: { AWS_CONFIG_FILE: '/c' }, files: { '/c': CONFIG } }, 'eu-west-2'],
    ['nowhere', { environment: HOME }, undefined],
  ])('comes from %s', async (_, options, region) => {
    await using world = createCredentialWorld({ dialect: envoy130, ...options });
    expect(world.sources.findRegion('region')).toBe(region);
  });

  test('is a set of its own for SigV4A', async () => {
    await using world = createCredentialWorld({
      dialect: envoy130,
      environment: { ...HOME, AWS_REGION: 'eu-west-1' },
      files: { '/root/.aws/config': '[default]\nsigv4a_signing_region_set = eu-*\n' },
    });
    expect(world.sources.findRegion('region-set')).toBe('eu-*');
    await using other = createCredentialWorld({ environment: { AWS_SIGV4A_SIGNING_REGION_SET: '*' } });
    expect(other.sources.findRegion('region-set')).toBe('*');
  });
});
