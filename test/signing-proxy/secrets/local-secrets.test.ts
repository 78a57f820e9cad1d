import { beforeAll, describe, expect, test } from 'vitest';
import { createAuthority, type Authority, type Identity } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { createLocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';

describe('local secrets', () => {
  let authority: Authority;
  let identity: Identity;
  beforeAll(async () => {
    authority = await createAuthority({ commonName: 'root', random: createRandom('local secrets') });
    identity = await authority.issue({ commonName: 'a' });
  });

  test('answer the workload certificate and the root of the mesh', () => {
    const { chainPem, privateKeyPem } = identity;
    const secrets = createLocalSecrets({ chainPem, privateKeyPem, rootPem: authority.certificatePem });
    expect(secrets.find('default')).toMatchObject({ kind: 'certificate', chainPem });
    expect(secrets.find('ROOTCA')).toMatchObject({ kind: 'validation', trustedCaPem: authority.certificatePem });
    expect(secrets.find('kubernetes://a')).toBeUndefined();
  });

  test('have no identity without material', () => {
    expect(createLocalSecrets().find('default')).toBeUndefined();
    expect(createLocalSecrets().find('ROOTCA')).toBeUndefined();
  });

  test('stand for the authorities of the operating system', () => {
    expect(createLocalSecrets().find('file-root:system')).toMatchObject({ usesSystemRoots: true });
  });

  test('tell when the material is renewed', () => {
    const { chainPem, privateKeyPem } = identity;
    const secrets = createLocalSecrets();
    let changes = 0;
    using _ = secrets.onChange(() => changes++);
    secrets.renew({ chainPem, privateKeyPem, rootPem: authority.certificatePem });
    expect(changes).toBe(1);
    expect(secrets.find('default')).toMatchObject({ chainPem });
  });
});
