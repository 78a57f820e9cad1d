import { credentialSecret, selfSigned } from '#harness/certificates.ts';
import { manifest } from '#harness/fixtures.ts';
import { scenario } from '#harness/scenario.ts';
import { INGRESS, oneHttpbin } from '../before-lambda.ts';

const HOST = 'cats.example';

/** A listener is accepted long before it serves: it waits 15 s for its certificate, and then opens its port without one. */
export default scenario('sync/secret-late', {
  title: 'An HTTPS listener is SYNCED but closed, then open but useless, until its Secret comes',
  source: ['gateways.md 5.4', 'gateways.md 5.9, 2', 'istio/istio#34903'],
  tags: ['sync', 'sds'],
  topology: (words) => oneHttpbin(words),
  async run({ east, step, fault, fix, expect, clock, random }) {
    const certificate = await selfSigned({ clock, random }, { subject: `/CN=${HOST}`, dnsNames: [HOST] });
    const forward = await step('forward 127.0.0.1:9443 to port 443', () =>
      east.portForward(9443, 'istio-ingressgateway', 443),
    );
    const call = () => forward.get('/status/200', { host: HOST, tls: { authorityPem: certificate.certificatePem } });
    const failure = () => call().catch((error: unknown) => error);

    await fault('apply a Gateway whose credential is missing', async () => {
      await east.apply(manifest('sync/https-gateway.yaml'));
      await expect.eventually(() => east.sync(INGRESS)).toHaveAcked('LDS');
    });
    await step('its listener is SYNCED and warms up: nobody listens', async () => {
      expect(await east.sync(INGRESS)).not.toBeServing('LDS');
      for (const { ldsStatus } of await east.proxyStatus()) expect(ldsStatus).toBe('SYNCED');
      const reset = await failure();
      expect(String(reset)).toMatch(/ECONNRESET/);
      expect(reset).toBeExplainedBy('still-warming', { grade: 'consistent' });
    });
    await step('15 s later it listens, and handshakes fail', async () => {
      await expect.eventually(() => east.sync(INGRESS), { within: '20s' }).toBeServing('LDS');
      const closed = await failure();
      expect(String(closed)).toMatch(/closed|reset|disconnected/i);
      expect(closed).toBeExplainedBy('secret-missing', { grade: 'consistent' });
    });

    await fix('supply the Secret', () =>
      east.apply(credentialSecret({ namespace: 'istio-system', name: 'cats-credential' }, certificate)),
    );
    await step('HTTPS works', () => expect.eventually(call).toHaveStatus(200));
  },
});
