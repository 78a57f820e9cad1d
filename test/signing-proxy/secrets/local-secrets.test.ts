import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority, type Authority, type Identity } from '#core/certificates.ts';
import { createRandom } from '#core/random.ts';
import { createLocalSecrets } from '#signing-proxy/secrets/local-secrets.ts';

describe('local secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshrig-secrets-'));
  const path = (name: string) => join(folder, name);
  let authority: Authority;
  let identity: Identity;
  beforeAll(async () => {
    authority = await createAuthority({ commonName: 'root', random: createRandom('local secrets') });
    identity = await authority.issue({ commonName: 'a' });
    writeFileSync(path('cert.pem'), identity.chainPem);
    writeFileSync(path('key.pem'), identity.privateKeyPem);
    writeFileSync(path('root.pem'), authority.certificatePem);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

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

  test('read the files that names point at', () => {
    const secrets = createLocalSecrets();
    expect(secrets.find(`file-cert:${path('cert.pem')}~${path('key.pem')}`)).toMatchObject({
      kind: 'certificate',
      chainPem: identity.chainPem,
    });
    expect(secrets.find(`file-root:${path('root.pem')}`)).toMatchObject({ trustedCaPem: authority.certificatePem });
    expect(secrets.find('file-root:system')).toMatchObject({ usesSystemRoots: true });
    expect(() => secrets.find('file-root:/nowhere.pem')).toThrow('Invalid path: /nowhere.pem');
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
