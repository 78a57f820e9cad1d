import { expect, test } from 'vitest';
import type { RequestHead } from '#core/http-message.ts';
import { createTimeline, type TimelineFact } from '#core/timeline.ts';
import { explainCall } from '#harness/explain/explain-call.ts';

const EGRESS = 'proxy "egress"';
const INGRESS = 'proxy "ingress"';
const CLUSTER = 'outbound|80||lambda.external';
const REQUEST: RequestHead = {
  method: 'GET',
  target: '/hello',
  httpVersion: '1.1',
  headers: ['Host', 'lambda.external'],
};
const VERIFY_FAILED = 'TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED';

type Told = TimelineFact & { readonly source: string; readonly after?: number };

interface Answer {
  readonly flags: string;
  readonly reason: string;
}

/** A call that the egress gateway answers with 503, after what others told; `after` moves the clock first. */
function explainAnswer({ flags, reason }: Answer, told: readonly Told[]) {
  let now = 0;
  const timeline = createTimeline({ now: () => now });
  const hop = { type: 'hop', kind: 'proxy', source: EGRESS, hop: 'egress', received: REQUEST, changes: [] } as const;
  for (const fact of told.filter(({ type }) => type === 'warming' || type === 'log')) timeline.emit(fact);
  timeline.emit({ ...hop, sent: REQUEST, to: CLUSTER, route: 'lambda' });
  for (const { after = 0, ...fact } of told.filter(({ type }) => type !== 'warming' && type !== 'log')) {
    now += after;
    timeline.emit(fact as Told);
  }
  const detail = `upstream_reset_before_response_started{${reason}}`;
  timeline.emit({ ...hop, answeredLocally: { status: 503, flags, detail } });
  const response = { status: 503, headers: [] };
  timeline.emit({ type: 'call', source: 'curl', call: 1, request: REQUEST, to: 'lambda.external:80', response });
  return explainCall({ events: timeline.events(), callId: 1, findSecretAccessKey: () => undefined });
}

const LOST: Answer = { flags: 'UC', reason: 'connection termination' };
const FAILED: Answer = { flags: 'UF', reason: 'connection failure' };

function refusal(reason: string, asked?: string): Told {
  const to = '10.42.0.5:8443';
  return { type: 'connection', source: INGRESS, phase: 'failed', to, reason, ...(asked !== undefined && { asked }) };
}

function ownFailure(reason: string, after = 0): Told {
  return { type: 'connection', source: EGRESS, phase: 'failed', to: '203.0.113.10:443', reason, after };
}

test.each([
  {
    told: refusal('TLS error: 268435648:SSL routines:OPENSSL_internal:PEER_DID_NOT_RETURN_A_CERTIFICATE'),
    cause: 'client-certificate-missing',
    sentence: /^Proxy "ingress" demands a client certificate and proxy "egress" showed none\./,
  },
  {
    told: refusal(`${VERIFY_FAILED} (CERT_HAS_EXPIRED: certificate has expired)`),
    cause: 'client-certificate-refused',
    sentence: /^Proxy "ingress" did not accept the client certificate of proxy "egress": it has expired\.$/,
  },
  {
    told: refusal('no matching filter chain found', 'TLS for "lambda.internal"'),
    cause: 'no-filter-chain',
    sentence: /^Proxy "ingress" has no filter chain for TLS for "lambda\.internal"/,
  },
])(
  'a lost connection is explained by what the listener on the other side told: $cause',
  ({ told, cause, sentence }) => {
    const explanation = explainAnswer(LOST, [told]);
    expect(explanation).toMatchObject({ cause, grade: 'consistent' });
    expect(explanation?.sentence).toMatch(sentence);
    expect(explanation?.where).toBe('answered at hop 2, proxy "egress"; ended by proxy "ingress"');
  },
);

test('a listener that turned plain text away is told apart from one that lacks a name', () => {
  expect(explainAnswer(LOST, [refusal('no matching filter chain found', 'plain text')])?.fix).toMatch(
    /speak TLS there/,
  );
});

test.each([
  ['CERT_HAS_EXPIRED: certificate has expired', /showed: it has expired\.$/, /^renew the certificate/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT: self signed certificate', /it is self-signed/, /^put the authority/],
  [
    'NAME_MISMATCH: verify SAN list: no name among DNS:x is acceptable',
    /no name among DNS:x/,
    /subject alternative names/,
  ],
])('a certificate that was refused as %s gets its own way out', (reason, sentence, fix) => {
  const told = ownFailure(`connection failure, transport failure reason: ${VERIFY_FAILED} (${reason})`);
  const explanation = explainAnswer(FAILED, [told]);
  expect(explanation).toMatchObject({ cause: 'certificate-refused', grade: 'proved' });
  expect(explanation?.sentence).toMatch(sentence);
  expect(explanation?.fix).toMatch(fix);
});

test('TLS that meets no TLS is a mismatch', () => {
  const reason =
    'connection failure, transport failure reason: TLS error: 268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER';
  expect(explainAnswer(FAILED, [ownFailure(reason)])).toMatchObject({ cause: 'tls-mismatch', grade: 'proved' });
});

test('a connect that nobody answers is a timeout, with how long it took', () => {
  expect(explainAnswer(FAILED, [ownFailure('connection failure', 10_000)])).toMatchObject({
    cause: 'connect-timeout',
    grade: 'proved',
    sentence: `Nothing answered when proxy "egress" connected to upstream cluster "${CLUSTER}" and waited 10.0s.`,
  });
});

test('a connect that is refused is none', () => {
  const told: Told = { ...ownFailure('connection failure (ECONNREFUSED: refused)'), phase: 'refused' } as Told;
  expect(explainAnswer(FAILED, [told])).toMatchObject({ cause: 'connection-refused', grade: 'proved' });
});

test('a failure that nobody tells more of stays what the proxy says', () => {
  expect(explainAnswer(FAILED, [])).toMatchObject({ cause: 'connection-failure', grade: 'proved' });
  expect(explainAnswer(LOST, [refusal('socket hang up')])).toMatchObject({ cause: 'connection-lost', grade: 'proved' });
});

test('a missing secret is named with what istiod says of it', () => {
  const explanation = explainAnswer(FAILED, [
    warming(['SDS "kubernetes://mtls-credential"']),
    {
      type: 'log',
      source: 'control-plane "gke"',
      level: 'warn',
      component: 'ads',
      text: 'failed to fetch key and certificate for kubernetes://mtls-credential: secret istio-egress/mtls-credential not found',
    },
    ownFailure('connection failure, transport failure reason: TLS error: Secret is not supplied by SDS'),
  ]);
  expect(explanation).toMatchObject({
    cause: 'secret-missing',
    grade: 'proved',
    fix: 'create Secret istio-egress/mtls-credential, with the keys tls.crt and tls.key (and ca.crt for mutual TLS)',
  });
  expect(explanation?.sentence).toMatch(
    /credential "mtls-credential": secret istio-egress\/mtls-credential not found\.$/,
  );
});

test('a credential that istiod takes for an authority is to be renamed', () => {
  const arrived = ['kubernetes://lambda-cacert', 'kubernetes://lambda-cacert-cacert'].map((resource): Told => ({
    type: 'serving',
    source: EGRESS,
    resourceType: 'SDS',
    resource,
    version: '4',
  }));
  const explanation = explainAnswer(FAILED, [
    warming(['SDS "kubernetes://lambda-cacert"', 'SDS "kubernetes://lambda-cacert-cacert"']),
    ...arrived,
    ownFailure('connection failure, transport failure reason: TLS error: Secret is not supplied by SDS'),
  ]);
  expect(explanation?.fix).toBe(
    'give the Secret a name that does not end in "-cacert", and name it so in credentialName',
  );
});

function warming(waitsFor: readonly string[]): Told {
  return { type: 'warming', source: EGRESS, resourceType: 'CDS', resource: CLUSTER, version: '3', waitsFor };
}

/** A call through a forwarded port that ended in an error, after what others told. */
function explainError(error: string, told: readonly Told[], from = 'curl') {
  const timeline = createTimeline({ now: () => 0 });
  timeline.emit({ type: 'step-started', source: 'runner', step: 1, title: 'call' });
  for (const fact of told) timeline.emit(fact);
  timeline.emit({ type: 'call', source: from, call: 1, request: REQUEST, to: 'alb.example:443', error });
  return explainCall({ events: timeline.events(), callId: 1, findSecretAccessKey: () => undefined });
}

const FORWARD: Told = {
  type: 'hop',
  kind: 'port-forward',
  source: 'port-forward',
  hop: 'port-forward 9443 -> ingress:443',
  received: REQUEST,
  sent: REQUEST,
  to: 'ingress:443',
  changes: [],
};

test('a caller whom nobody answers learns which addresses it tried', () => {
  const silent = ['10.0.1.186:443', '10.0.2.117:443'].map((to): Told => ({
    type: 'connection',
    source: 'pod "curl"',
    phase: 'failed',
    to,
    reason: 'no answer within 75s',
  }));
  const explanation = explainError("Couldn't connect to server", silent, 'pod "curl"');
  expect(explanation).toMatchObject({ cause: 'connect-timeout', grade: 'proved', where: 'at hop 1, pod "curl"' });
  expect(explanation?.sentence).toBe(
    'Nothing answered when pod "curl" connected to alb.example:443 and waited 75s for each of 2 addresses; 10.0.2.117 is a private address, and only its own network has a way to it.',
  );
  expect(explanation?.proof?.[0]).toBe('proved: no answer came from 10.0.1.186:443, 10.0.2.117:443');
});

test('a port that is closed while its listener warms up is explained by what the listener waits for', () => {
  const listener = { type: 'warming', resourceType: 'LDS', resource: '0.0.0.0_8443', version: '3' } as const;
  const waits: Told = { ...listener, source: 'proxy "ingress-1"', waitsFor: ['SDS "kubernetes://cats"'] };
  expect(explainError('ECONNRESET', [waits, FORWARD])).toMatchObject({ cause: 'still-warming', grade: 'consistent' });
  const serves: Told = {
    type: 'serving',
    source: 'proxy "ingress-1"',
    resourceType: 'LDS',
    resource: '0.0.0.0_8443',
    version: '3',
  };
  expect(explainError('ECONNRESET', [waits, serves, FORWARD])).toBeUndefined();
});

test('a port that nobody listens on behind a port-forward is named with its service', () => {
  const refused: Told = {
    type: 'connection',
    source: 'port-forward',
    phase: 'refused',
    to: 'ingress:443',
    reason: 'ECONNREFUSED: connect 10.42.0.6:8443',
  };
  const explanation = explainError('ECONNRESET', [FORWARD, refused]);
  expect(explanation).toMatchObject({ cause: 'connection-refused', grade: 'proved' });
  expect(explanation?.sentence).toBe('Nobody listens where port-forward connected to: service "ingress:443".');
  expect(explanation?.proof?.[0]).toBe('proved: port-forward: ECONNREFUSED: connect 10.42.0.6:8443');
});

test('a handshake that a listener refuses for want of its secret is explained by that', () => {
  const told = refusal('TLS error: Secret is not supplied by SDS');
  const explanation = explainError('Client network socket disconnected', [FORWARD, told]);
  expect(explanation).toMatchObject({ cause: 'secret-missing', grade: 'consistent' });
  expect(explanation?.sentence).toMatch(/^Proxy "ingress" was never given the certificate for its listener/);
});

test('an error that nobody tells anything of stays without an explanation', () => {
  expect(explainError('ECONNRESET', [])).toBeUndefined();
});

test('what was told before the call has nothing to do with it', () => {
  const earlier: Told = { type: 'call', source: 'curl', call: 7, request: REQUEST, to: 'x:1', error: 'gone' };
  expect(explainError('ECONNRESET', [refusal('TLS error: Secret is not supplied by SDS'), earlier])).toBeUndefined();
});
