import { expect, test } from 'vitest';
import type { Timeline } from '#core/timeline.ts';
import { explainCall } from '#harness/explain/explain-call.ts';
import { explainFailure } from '#harness/explain/explain-failure.ts';
import { renderExplanation } from '#harness/explain/render-explanation.ts';
import { startMockAwsWorld } from '#test/support/mock-aws-world.ts';
import { createInvoke, KEY_ID, SECRET, setHeader, signRequest } from './sign-request.ts';
import { AWS_REQUEST_ID, type Story, tellStory } from './story.ts';

const explain = (story: Story, findSecretAccessKey = (): string | undefined => SECRET) =>
  explainFailure(tellStory(story), { call: 1 }, { findSecretAccessKey });

const render = (story: Story) => {
  const explanation = explain(story);
  return explanation === undefined ? '' : `\n${renderExplanation(explanation).join('\n')}\n`;
};

const invoke = createInvoke();
const withPort = signRequest(setHeader(invoke, 'Host', 'r1.example.com:9080'));
const withClientCert = signRequest(setHeader(invoke, 'X-Forwarded-Client-Cert', 'By=a;Hash=01'));

test('tells the whole story of a port in Host', () => {
  expect(render({ signed: withPort })).toBe(`
Why    Host was signed with a port; AWS checks it without one.
Where  signed at hop 3, proxy "ingress", filter aws_lambda; changed at hop 4,
       aws edge
Proof  proved: the signature sent matches if host is read as
       "r1.example.com:9080"
       (the first change tried to what lambda checked)
Fix    set strip_any_host_port on the listener of proxy "ingress", or send
       Host without the port

Canonical request          - signed by proxy "ingress"    + checked by lambda
    POST
    /2015-03-31/functions/hello-world-cat/invocations
    (no query)
    ... 2 equal headers
  - host:r1.example.com:9080
                       ^^^^^
  + host:r1.example.com
    ... 2 equal headers, equal signed headers, equal payload hash
  - sha256 71d1787a...   + sha256 d0072f0d...

Path
  1  curl               GET /cat             host r1.example.com:9080
  2  port-forward       9080 -> ingress:80   host unchanged
  3  proxy "ingress"    POST /2015-03-31/... signs 5 headers, host with port
  4  aws edge           removes ":9080"      rule host-port, reported
  5  lambda             403                  checks failed: signature
`);
});

test('finds the failure by the request id of its answer too', () => {
  const events = tellStory({ signed: withPort });
  const options = { findSecretAccessKey: () => SECRET };
  expect(explainFailure(events, { awsRequestId: AWS_REQUEST_ID }, options)).toEqual(
    explainFailure(events, { call: 1 }, options),
  );
});

test('names the header and the hop that changed it', () => {
  const passedOn = setHeader(withClientCert, 'X-Forwarded-Client-Cert', 'By=a;Hash=01,By=b;Hash=02');
  expect(explain({ signed: withClientCert, passedOn })).toMatchObject({
    cause: 'header-changed',
    grade: 'proved',
    header: 'x-forwarded-client-cert',
    sentence: 'Header "x-forwarded-client-cert" was changed after it was signed, by proxy "egress".',
    where: 'signed at hop 3, proxy "ingress", filter aws_lambda; changed at hop 4, proxy "egress"',
    fix: 'sign at the last hop that changes header "x-forwarded-client-cert", or keep proxy "egress" from changing it',
  });
});

test('names the signing hop when its router changes a header after signing', () => {
  const sent = setHeader(withClientCert, 'X-Forwarded-Client-Cert', undefined);
  expect(explain({ signed: withClientCert, sent })).toMatchObject({
    cause: 'header-removed',
    where: 'signed at hop 3, proxy "ingress", filter aws_lambda; changed at hop 3, proxy "ingress", after signing',
  });
});

test('says that a change happened where no event shows it', () => {
  const received = setHeader(withClientCert, 'X-Forwarded-Client-Cert', 'By=c');
  expect(explain({ signed: withClientCert, received })).toMatchObject({
    cause: 'header-changed',
    grade: 'proved',
    where: 'signed at hop 3, proxy "ingress", filter aws_lambda; changed on the way to AWS',
  });
});

test('proves three changes at once from what the signer says it signed', () => {
  let passedOn = setHeader(withPort, 'Accept', 'text/html');
  passedOn = setHeader(passedOn, 'X-Request-Id', 'b-9');
  const explanation = explain({ signed: withPort, passedOn, received: passedOn });
  expect(explanation).toMatchObject({ grade: 'proved' });
  expect(explanation?.sentence.split('. ')).toHaveLength(3);
});

test('proves a wrong secret by the equal text and the other signature', () => {
  const explanation = explain({ signed: signRequest(invoke, { secret: 'another' }) });
  expect(explanation).toMatchObject({
    cause: 'wrong-secret',
    grade: 'proved',
    sentence: `The signer has another secret for access key ${KEY_ID}: the text it signed is known, and gives another signature.`,
  });
  expect(explanation?.diff).toBeUndefined();
});

test('tells a wrong secret from a right one with a line feed', () => {
  expect(explain({ signed: signRequest(invoke, { secret: `${SECRET}\n` }) })).toMatchObject({
    cause: 'secret-whitespace',
    grade: 'proved',
  });
});

test('counts every difference when the secret is wrong in form too', () => {
  const signed = signRequest(setHeader(invoke, 'Host', 'r1.example.com:9080'), { secret: `${SECRET}\n` });
  const explanation = explain({ signed });
  expect(explanation).toMatchObject({ cause: 'secret-whitespace', grade: 'proved' });
  expect(explanation?.proof[0]).toBe(
    'proved: the signature sent matches if the secret key is used with a line feed after it and host is read as "r1.example.com:9080"',
  );
});

test('is consistent, not proved, without the secret', () => {
  expect(explain({ signed: withPort }, () => undefined)).toMatchObject({
    cause: 'host-port',
    grade: 'consistent',
    proof: [
      'consistent: what proxy "ingress" signed is what was checked if host is read as "r1.example.com:9080"',
      'no secret key: not proved',
    ],
  });
});

test('is consistent, not proved, when the signed session token is hidden', () => {
  const sessionToken = 'token-of-the-session';
  const withToken = setHeader(setHeader(invoke, 'Host', 'r1.example.com:9080'), 'X-Amz-Security-Token', sessionToken);
  const explanation = explain({ signed: signRequest(withToken), sessionToken });
  expect(explanation).toMatchObject({ cause: 'host-port', grade: 'consistent' });
  expect(JSON.stringify(explanation)).not.toContain(sessionToken);
});

test('does not trust a signed text that does not hash to its own string to sign', () => {
  const events = tellStory({ signed: signRequest(invoke, { secret: 'another' }) }).map((event) =>
    event.type === 'signed' ? { ...event, canonicalRequest: event.canonicalRequest.replace('a-1', 'a-2') } : event,
  );
  const limits = { everyPort: false, pairs: 0 };
  expect(explainFailure(events, { call: 1 }, { findSecretAccessKey: () => SECRET, limits })).toMatchObject({
    cause: 'unexplained',
    grade: 'unexplained',
  });
});

test('blames missing credentials for an unsigned request', () => {
  const story = { received: invoke, leftUnsigned: 'no credentials were found' };
  expect(explain(story)).toMatchObject({
    cause: 'no-credentials',
    grade: 'proved',
    sentence: 'Proxy "ingress" had no credentials and sent the request unsigned (no credentials were found).',
    where: 'left unsigned at hop 3, proxy "ingress"',
  });
});

test('calls a request unsigned that no signer saw', () => {
  expect(explain({ received: invoke })).toMatchObject({ cause: 'not-signed', grade: 'proved' });
});

test('reads the fate of a key from its ledger', () => {
  const tell =
    (...actions: ('created' | 'deactivated' | 'deleted')[]) =>
    (timeline: Timeline) => {
      for (const action of actions) {
        timeline.emit({ type: 'access-key', source: 'mock-aws', action, accessKeyId: KEY_ID, user: 'gateway' });
      }
    };
  const signed = signRequest(invoke);
  expect(explain({ signed, isKeyActive: false, before: tell('created', 'deactivated') })).toMatchObject({
    cause: 'access-key-inactive',
    grade: 'proved',
    sentence: `Access key ${KEY_ID} was deactivated just before this request.`,
  });
  expect(explain({ signed, verifierSecret: undefined, before: tell('created', 'deleted') })).toMatchObject({
    cause: 'access-key-deleted',
  });
  expect(explain({ signed, verifierSecret: undefined })).toMatchObject({ cause: 'access-key-unknown' });
  expect(explain({ signed, verifierSecret: undefined, before: tell('created') })).toMatchObject({
    cause: 'access-key-not-yet-known',
    grade: 'likely',
  });
});

test('names a skewed clock and a wrong region', () => {
  expect(explain({ signed: signRequest(invoke, { stamp: '20150830T120000Z' }) })).toMatchObject({
    cause: 'clock-skew',
  });
  expect(explain({ signed: signRequest(invoke, { region: 'eu-west-1' }) })).toMatchObject({ cause: 'wrong-region' });
  expect(explain({ signed: signRequest(invoke, { service: 'sts' }) })).toMatchObject({ cause: 'wrong-service' });
});

test('has nothing to say about a request that was accepted or never arrived', () => {
  expect(explain({ signed: signRequest(invoke) })).toBeUndefined();
  expect(explainFailure([], { call: 7 }, { findSecretAccessKey: () => SECRET })).toBeUndefined();
});

test('explains what the mock itself refused', async () => {
  await using world = await startMockAwsWorld();
  const { secretAccessKey } = world.key;
  const answer = await world.send({ path: '/2015-03-31/functions/', method: 'GET', host: 'r1.example.com:9080' });
  const explanation = explainFailure(
    world.timeline.events(),
    { awsRequestId: String(answer.headers['x-amzn-requestid']) },
    { findSecretAccessKey: () => secretAccessKey },
  );
  expect(explanation).toMatchObject({ cause: 'host-port', grade: 'proved', where: 'changed at hop 1, aws edge' });
});

test('explains what the edge of the mock refused before anything was verified', async () => {
  await using world = await startMockAwsWorld();
  const answer = await world.send({ path: '/2015-03-31/functions/', headers: { 'x-amzn-vpc-id': 'vpc-1' } });
  const explanation = explainFailure(
    world.timeline.events(),
    { awsRequestId: String(answer.headers['x-amzn-requestid']) },
    { findSecretAccessKey: () => undefined },
  );
  expect(explanation).toMatchObject({ cause: 'reserved-header', grade: 'proved' });
});

test('gives the runner the words and lines it prints, and no secret', () => {
  const explanation = explainCall({
    events: tellStory({ signed: withPort }),
    callId: 1,
    findSecretAccessKey: () => SECRET,
  });
  expect(explanation).toMatchObject({ cause: 'host-port', grade: 'proved', header: 'host' });
  expect(explanation?.details?.[0]).toMatch(/^Canonical request/);
  expect(JSON.stringify(explanation)).not.toContain(SECRET);
});
