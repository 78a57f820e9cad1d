import { expect, test } from 'vitest';
import { describeCause } from '#harness/explain/causes.ts';
import { readFindings } from '#harness/explain/findings/read-findings.ts';

const ENVOY = (status: number, flags: string) =>
  `[2026-11-21T10:00:00.000Z] "GET /cat HTTP/1.1" ${status} ${flags} 0 95 12 - "-" "curl/7.69.1" "id" "example.com" "10.0.0.1:80"`;
const ISTIO = (status: number, flags: string, details: string, transport = '-') =>
  `[2026-11-21T10:00:00.000Z] "GET /cat HTTP/1.1" ${status} ${flags} ${details} - "${transport}" 0 190 12 - "10.42.0.1" "curl" "id" "example.com:9080" "52.94.236.10:443" outbound|443||lambda - 10.42.0.5:80 10.42.0.1:51000 - cat`;

const causesOf = (text: string) => readFindings(text)?.findings.map(({ cause, grade }) => `${grade}: ${cause}`);

test.each([
  ['UF', 'connection-failure'],
  ['UF,URX', 'connection-failure'],
  ['UO', 'circuit-breaker'],
  ['UH', 'no-healthy-upstream'],
  ['NR', 'no-route'],
  ['NC', 'no-cluster'],
  ['URX', 'retries-exhausted'],
  ['UT', 'route-timeout'],
  ['UC', 'connection-lost'],
  ['UR', 'connection-lost'],
  ['LR', 'stream-reset-by-proxy'],
  ['UPE', 'protocol-error'],
  ['DPE', 'protocol-error'],
  ['DC', 'caller-gone'],
  ['SI', 'stream-idle-timeout'],
  ['FI', 'fault-injected'],
  ['RL', 'rate-limited'],
  ['UAEX', 'denied-by-service'],
  ['DF', 'name-not-resolved'],
  ['OM', 'overloaded'],
])("the flags %s in Envoy's default format are %s", (flags, cause) => {
  expect(causesOf(ENVOY(503, flags))).toEqual([`consistent: ${cause}`]);
});

const VERIFY = 'TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED';
test.each([
  [
    'UF',
    'upstream_reset_before_response_started{connection_failure}',
    'TLS error: Secret is not supplied by SDS',
    'secret-missing',
  ],
  [
    'UF',
    'upstream_reset_before_response_started{remote_connection_failure}',
    'delayed connect error: 111',
    'connection-refused',
  ],
  ['UF', 'upstream_reset_before_response_started{connection_timeout}', '-', 'connect-timeout'],
  ['UF', 'x{y}', `${VERIFY}:verify cert failed: certificate has expired:TLS_error_end`, 'certificate-refused'],
  ['UT', 'upstream_per_try_timeout', '-', 'per-try-timeout'],
  ['-', 'rbac_access_denied_matched_policy[none]', '-', 'access-denied'],
  ['-', 'request_payload_too_large', '-', 'body-too-large'],
])("the details of Istio's format count for more than the flags: %s %s %s", (flags, details, transport, cause) => {
  expect(causesOf(ISTIO(503, flags, details, transport))).toEqual([`consistent: ${cause}`]);
});

test('an access log gives cluster, route, request and what a certificate was refused for', () => {
  const [finding] =
    readFindings(ISTIO(503, 'UF', 'x{y}', `${VERIFY}:verify cert failed: certificate has expired:TLS_error_end`))
      ?.findings ?? [];
  expect(finding?.facts).toMatchObject({
    upstreamCluster: 'outbound|443||lambda',
    route: 'cat',
    request: 'GET /cat',
    certificateCode: 'CERT_HAS_EXPIRED',
  });
  const { sentence, fix } = describeCause('certificate-refused', finding?.facts ?? {});
  expect(sentence).toMatch(/showed: it has expired\.$/);
  expect(fix).toMatch(/^renew/);
});

test('a wait of seconds for a connection is likely a black hole', () => {
  const slow = '[t] "- - -" 0 UF,URX - - "-" 0 0 10000 - "-" "-" "-" "-" "10.0.1.186:443" outbound|443||alb - - - - -';
  expect(causesOf(slow)).toEqual(['likely: connect-timeout']);
});

test('an access log in JSON is read by the names of Envoy, in whichever spelling', () => {
  const entry = { responseCode: 503, response_flags: 'UC', upstream_cluster: 'lambda', path: '/cat', method: 'GET' };
  expect(causesOf(JSON.stringify(entry))).toEqual(['consistent: connection-lost']);
  expect(causesOf(JSON.stringify({ ...entry, responseCode: 200, response_flags: '-' }))).toEqual([]);
});

test('what an upstream answered itself stays unexplained, and says what to paste', () => {
  const [finding] = readFindings(ISTIO(403, '-', 'via_upstream'))?.findings ?? [];
  expect(finding).toMatchObject({ cause: 'unexplained', grade: 'unexplained' });
  expect(finding?.facts.message).toBe('The proxy passed 403 on as it came: no response flag is set.');
});

test('each line is counted and numbered', () => {
  const found = readFindings(['', ENVOY(200, '-'), ENVOY(503, 'UH'), 'something else', ENVOY(503, 'UH')].join('\r\n'));
  expect(found?.read).toBe('3 requests of an access log, 2 failed');
  expect(found?.findings.map(({ line }) => line)).toEqual([3, 5]);
});

test.each([
  [
    `NAME            CDS        LDS        EDS        RDS          ISTIOD      VERSION
httpbin.default  SYNCED     STALE      SYNCED     NOT SENT     istiod-1    1.11.0`,
    ['consistent: push-not-acked'],
  ],
  [
    `NAME             CLUSTER        CDS              LDS                            EDS        RDS       ECDS      ISTIOD      VERSION
httpbin.default  Kubernetes     SYNCED (12m)     STALE (Never Acknowledged)     SYNCED     ERROR     -         istiod-1    1.24.0`,
    ['consistent: push-not-acked', 'consistent: push-rejected'],
  ],
  [
    `NAME            CDS        LDS        EDS        RDS        ISTIOD      VERSION
httpbin.default  SYNCED     SYNCED     SYNCED     SYNCED     istiod-1    1.11.0`,
    [],
  ],
])('a table of proxy-status tells who is behind', (table, causes) => {
  expect(causesOf(table)).toEqual(causes);
});

test.each([
  ['error\tenvoy aws\tCould not retrieve credentials listing from the instance metadata', 'no-credentials'],
  ['debug\tenvoy aws\tNo AWS credentials found, using anonymous credentials\tthread=25', 'no-credentials'],
  [
    'warn\tads\tADS:LDS: ACK ERROR httpbin.default-12 Internal:Error adding/updating listener(s) x: bad',
    'push-rejected',
  ],
  [
    'warning\tenvoy config\tgRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: Error adding x',
    'push-rejected',
  ],
  [
    'warn\tads\tfailed to fetch key and certificate for kubernetes://cats: secret istio-system/cats not found',
    'secret-missing',
  ],
  ["debug\tenvoy router\t[C1][S2] no route match for URL '/cat'", 'no-route'],
  ["debug\tenvoy router\t[C1][S2] unknown cluster 'outbound|80||cats'", 'no-cluster'],
  ['debug\tenvoy router\t[C1][S2] upstream timeout', 'route-timeout'],
  ['debug\tenvoy router\t[C1][S2] upstream per try timeout', 'per-try-timeout'],
  [
    'debug\tenvoy router\t[C1][S2] upstream reset: reset reason: connection failure, transport failure reason: TLS error: Secret is not supplied by SDS',
    'secret-missing',
  ],
  ['debug\tenvoy conn_handler\tclosing connection: no matching filter chain found', 'no-filter-chain'],
  [
    'debug\tenvoy connection\t[C3] TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED',
    'certificate-refused',
  ],
])('the log line "%s" names %s', (line, cause) => {
  expect(causesOf(`2026-11-21T10:00:00.000000Z\t${line}`)).toEqual([`consistent: ${cause}`]);
});

test.each([
  ['(6) Could not resolve host: lambda.external', 'consistent: name-not-resolved'],
  [
    "(7) Failed to connect to 127.0.0.1 port 9080 after 0 ms: Couldn't connect to server",
    'consistent: connection-refused',
  ],
  ['(7) Failed to connect to 127.0.0.1 port 9080: Connection refused', 'consistent: connection-refused'],
  [
    "(28) Failed to connect to alb.example port 443 after 225000 ms: Couldn't connect to server",
    'consistent: connect-timeout',
  ],
  ['(28) Operation timed out after 15001 milliseconds with 0 bytes received', 'consistent: caller-gone'],
  ['(18) transfer closed with 100 bytes remaining to read', 'consistent: answer-broken-off'],
  ['(35) error:0A00010B:SSL routines::wrong version number', 'consistent: tls-mismatch'],
  ['(35) Recv failure: Connection reset by peer', 'likely: no-filter-chain'],
  ['(52) Empty reply from server', 'consistent: connection-lost'],
  ['(60) SSL certificate problem: unable to get local issuer certificate', 'consistent: certificate-refused'],
])('an error of curl %s is %s', (error, cause) => {
  expect(causesOf(`*   Trying 10.0.1.186:443...\ncurl: ${error}`)).toEqual([cause]);
});

test('a Secret that istiod does not find is named in the way out', () => {
  const [finding] =
    readFindings('failed to fetch key and certificate for kubernetes://cats: secret istio-system/cats not found')
      ?.findings ?? [];
  expect(describeCause('secret-missing', finding?.facts ?? {}).fix).toMatch(/^create Secret istio-system\/cats,/);
});

test('other text has no findings', () => {
  expect(readFindings('GET / HTTP/1.1\nHost: x\n\n')).toBeUndefined();
  expect(readFindings('{"message":"Rate Exceeded."}')).toBeUndefined();
});
