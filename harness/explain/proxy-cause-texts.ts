import type { ProxyCause } from './cause.ts';
import type { CauseFacts, CauseText } from './cause-text.ts';

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const nameProxy = ({ answeredBy }: CauseFacts) => answeredBy ?? 'the proxy';
const nameRoute = ({ route }: CauseFacts) => (route === undefined ? 'its route' : `route "${route}"`);
const nameCluster = ({ upstreamCluster }: CauseFacts) =>
  upstreamCluster === undefined ? 'the upstream cluster' : `upstream cluster "${upstreamCluster}"`;
const reasonOf = ({ message }: CauseFacts) => (message === undefined ? '' : `: ${message}`);

/** Why and what to do where a proxy answered itself. */
export const PROXY_CAUSE_TEXTS: Readonly<Record<ProxyCause, CauseText>> = {
  'route-timeout': {
    why: (facts) => `The timeout of ${nameRoute(facts)} ran out at ${nameProxy(facts)}; what it had called goes on.`,
    fix: (facts) =>
      `set "timeout" in ${nameRoute(facts)}: a route that an EnvoyFilter adds has 15 s without one, 0s is no limit`,
  },
  'per-try-timeout': {
    why: (facts) => `The last attempt that ${nameRoute(facts)} allows took longer than its per-try timeout.`,
    fix: () => 'raise the per-try timeout above a cold start, or allow more attempts within the timeout of the route',
  },
  'stream-idle-timeout': {
    why: (facts) => `Nothing moved on the stream for longer than ${nameProxy(facts)} lets one be idle.`,
    fix: (facts) => `set "idle_timeout" in ${nameRoute(facts)}, or stream_idle_timeout on the listener; 0s is no limit`,
  },
  'no-route': {
    why: (facts) => `${upperFirst(nameProxy(facts))} has no virtual host or no route for the request.`,
    fix: () => 'compare Host (its port included), path and headers with the hosts and matches of the VirtualService',
  },
  'no-cluster': {
    why: (facts) => `The route of ${nameProxy(facts)} names ${nameCluster(facts)}, which it does not have.`,
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
    fix: () =>
      "compare the certificate's validity, issuer and subject alternative names with the authority and the names that the proxy is told to expect",
  },
  'secret-missing': {
    why: (facts) => `${upperFirst(nameProxy(facts))} was never given the certificate for ${nameCluster(facts)}.`,
    fix: () =>
      "create the Secret that credentialName asks for, in the gateway's own namespace, with the keys tls.crt, tls.key and ca.crt",
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
    why: (facts) => `An authorisation policy of ${nameProxy(facts)} denied the request${reasonOf(facts)}.`,
    fix: () => 'compare the identity of the caller with the AuthorizationPolicies of the workload',
  },
};
