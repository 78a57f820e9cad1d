import type { ProxyCause } from './cause.ts';
import type { CauseFacts, CauseText } from './cause-text.ts';
import { nameProxy, reasonOf, upperFirst } from './cause-words.ts';

const nameRoute = ({ route }: CauseFacts) => (route === undefined ? 'its route' : `route "${route}"`);
const nameCluster = ({ upstreamCluster, host }: CauseFacts) =>
  upstreamCluster === undefined ? (host ?? 'the upstream cluster') : `upstream cluster "${upstreamCluster}"`;

const COMPARE =
  "compare the certificate's validity, issuer and subject alternative names with the authority and the names that the proxy is told to expect";

const TRUST_IT =
  'put the authority that issued it into ca.crt of the credential that the proxy uses, or show a certificate of an authority that it trusts';

const CERTIFICATE_FIXES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'renew the certificate of the server; new connections use the new one at once',
  CERT_NOT_YET_VALID: 'compare the clocks of issuer and proxy, or wait until the certificate is valid',
  CERT_REVOKED: 'issue another certificate to the server',
  NAME_MISMATCH:
    'issue the certificate with the host among its subject alternative names (a common name alone is no name), or list in subjectAltNames of the DestinationRule what it has',
};

const nameUse = (facts: CauseFacts) =>
  facts.upstreamCluster === undefined && facts.address !== undefined
    ? `its listener at ${facts.address}`
    : nameCluster(facts);

const UNUSUAL_PORT = /:(?!80$|443$)\d+$/;

function nameRequest({ request, authority }: CauseFacts): string {
  if (request === undefined) return 'the request';
  return authority === undefined ? request : `${request} with Host "${authority}"`;
}

/** ` after 35.0s, with attempts at 0s, 10.0s, 20.0s and 30.0s` */
function describeAttempts({ waited, attempts = [] }: CauseFacts): string {
  if (waited === undefined) return '';
  const starts = attempts.map((start) => (start === '0ms' ? '0s' : start));
  const list = starts.length < 2 ? '' : `, with attempts at ${starts.slice(0, -1).join(', ')} and ${starts.at(-1)}`;
  return ` after ${waited}${list}`;
}

/** Istio's VirtualServices set no timeout and name their routes after the virtual host; 15 s are Envoy's own default. */
function nameTimeout(facts: CauseFacts): string {
  return facts.waited === '15.0s'
    ? `set "timeout" in ${nameRoute(facts)}: 15 s are what Envoy gives a route that names none, such as one that an EnvoyFilter adds`
    : `raise "timeout" in ${nameRoute(facts)} (of its VirtualService or EnvoyFilter)`;
}

/** Says which secret is meant and why it did not come. */
function describeSecret({ credential, isReadAsAuthority, message }: CauseFacts): string {
  if (credential === undefined) return '';
  if (isReadAsAuthority === true)
    return `: istiod takes "${credential}" for an authority because of its name, and leaves its key out`;
  return `, credential "${credential}"${message === undefined ? '' : `: ${message}`}`;
}

/** istiod says which Secret it looked for: `secret istio-egress/mtls-credential not found`. */
function nameSecret({ message = '' }: CauseFacts): string {
  const name = /^secret (\S+) not found$/.exec(message)?.[1];
  return name === undefined
    ? "the Secret that credentialName asks for, in the gateway's own namespace"
    : `Secret ${name}`;
}

/** Why and what to do where a proxy answered itself. */
export const PROXY_CAUSE_TEXTS: Readonly<Record<ProxyCause, CauseText>> = {
  'route-timeout': {
    why: (facts) =>
      facts.isBodyUnderWay === true
        ? `The timeout of ${nameRoute(facts)} ran out at ${nameProxy(facts)} while the body was arriving: its status was passed on already, so it could only reset the stream.`
        : `The timeout of ${nameRoute(facts)} ran out at ${nameProxy(facts)}${describeAttempts(facts)}; ${
            facts.heldBy === undefined
              ? 'what it had called goes on'
              : `${facts.heldBy} had the request and never passed it on`
          }.`,
    fix: (facts) =>
      facts.heldBy !== undefined
        ? `look at what ${facts.heldBy} waited for: keys to sign with, or another filter`
        : `${nameTimeout(facts)}, or let what is called answer sooner; 0s is no limit`,
  },
  'per-try-timeout': {
    why: (facts) =>
      `The last attempt that ${nameRoute(facts)} allows took longer than its per-try timeout${describeAttempts(facts)}.`,
    fix: () => 'raise the per-try timeout above a cold start, or allow more attempts within the timeout of the route',
  },
  'stream-idle-timeout': {
    why: (facts) => `Nothing moved on the stream for longer than ${nameProxy(facts)} lets one be idle.`,
    fix: (facts) => `set "idle_timeout" in ${nameRoute(facts)}, or stream_idle_timeout on the listener; 0s is no limit`,
  },
  'no-route': {
    why: (facts) => `${upperFirst(nameProxy(facts))} has no virtual host or no route for ${nameRequest(facts)}.`,
    fix: ({ authority = '' }) =>
      UNUSUAL_PORT.test(authority)
        ? 'send Host without its port, or set strip_any_host_port: virtual hosts list no port but that of their server, and wildcards none; otherwise compare path and headers with the VirtualService'
        : 'compare Host, path and headers with the hosts and matches of the VirtualService, and its gateways and exportTo with the proxy',
  },
  'no-cluster': {
    why: (facts) =>
      facts.upstreamCluster === undefined
        ? `The route of ${nameProxy(facts)} names an upstream cluster that it does not have.`
        : `The route of ${nameProxy(facts)} names ${nameCluster(facts)}, which it does not have.`,
    fix: () => 'name a Service or ServiceEntry that the proxy can see, or add the upstream cluster first',
  },
  'no-healthy-upstream': {
    why: (facts) => `${upperFirst(nameCluster(facts))} has no healthy endpoint.`,
    fix: () => 'look whether pods match the selector of the Service and are ready',
  },
  'connection-failure': {
    why: (facts) => `${upperFirst(nameProxy(facts))} got no connection to ${nameCluster(facts)}${reasonOf(facts)}.`,
    fix: () => 'look whether the endpoint listens, is reachable from there and agrees on TLS',
  },
  'connection-lost': {
    why: (facts) => `${upperFirst(nameCluster(facts))} broke the connection before its answer${reasonOf(facts)}.`,
    fix: () => 'look at what the next hop says about this request; retry on "reset" only what may run twice',
  },
  'certificate-refused': {
    why: (facts) =>
      `${upperFirst(nameProxy(facts))} did not accept the certificate that ${nameCluster(facts)} showed${reasonOf(facts)}.`,
    fix: ({ certificateCode = '', remedy }) =>
      remedy ?? CERTIFICATE_FIXES[certificateCode] ?? (certificateCode === '' ? COMPARE : TRUST_IT),
  },
  'secret-missing': {
    why: (facts) =>
      `${upperFirst(nameProxy(facts))} was never given the certificate for ${nameUse(facts)}${describeSecret(facts)}.`,
    fix: (facts) =>
      facts.isReadAsAuthority === true
        ? 'give the Secret a name that does not end in "-cacert", and name it so in credentialName'
        : `create ${nameSecret(facts)}, with the keys tls.crt and tls.key (and ca.crt for mutual TLS)`,
  },
  'circuit-breaker': {
    why: (facts) => `A limit of ${nameCluster(facts)} on connections or requests was reached.`,
    fix: () => 'raise the connection pool of its DestinationRule, or send less at once',
  },
  'body-too-large': {
    why: (facts) => `A body was larger than ${nameProxy(facts)} keeps in memory.`,
    fix: () => 'raise per_connection_buffer_limit_bytes of the listener, or send less',
  },
  'access-denied': {
    why: (facts) =>
      facts.message === undefined || facts.message === 'none'
        ? `No ALLOW rule of the authorisation policies at ${nameProxy(facts)} matches ${nameRequest(facts)}.`
        : `An authorisation policy of ${nameProxy(facts)} denied ${nameRequest(facts)}: ${facts.message}.`,
    fix: ({ message }) =>
      message === undefined || message === 'none'
        ? 'compare path, method and the identity of the caller with the rules of the AuthorizationPolicies there: a path matches whole unless it ends in "*"'
        : 'change that policy, or compare the identity of the caller with it',
  },
};
