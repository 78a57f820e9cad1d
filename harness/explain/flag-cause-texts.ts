import type { FlagCause } from './cause.ts';
import type { CauseFacts, CauseText } from './cause-text.ts';
import { nameProxy, upperFirst } from './cause-words.ts';

const nameCluster = ({ upstreamCluster }: CauseFacts) =>
  upstreamCluster === undefined ? 'the upstream' : `upstream cluster "${upstreamCluster}"`;

/** Why and what to do where a proxy's response flags alone tell. */
export const FLAG_CAUSE_TEXTS: Readonly<Record<FlagCause, CauseText>> = {
  'caller-gone': {
    why: ({ waited }) =>
      `The caller closed its connection before the answer came${waited === undefined ? '' : `, after ${waited}`}.`,
    fix: () => 'compare the timeout of the caller with the time that the function takes; nothing is wrong at the proxy',
  },
  'protocol-error': {
    why: (facts) => `${upperFirst(nameProxy(facts))} got bytes that are not the HTTP it expected.`,
    fix: () =>
      'compare the protocol of the Service port (its name or appProtocol) with what the process speaks: HTTP/1.1, HTTP/2 or TLS',
  },
  'stream-reset-by-proxy': {
    why: (facts) => `${upperFirst(nameProxy(facts))} ended the stream itself.`,
    fix: () => 'look at its debug log for this request: the line with "stream reset" names the reason',
  },
  'fault-injected': {
    why: (facts) => `${upperFirst(nameProxy(facts))} was told to delay or abort such requests.`,
    fix: () => 'take "fault" out of the VirtualService, or the fault filter out of the chain',
  },
  'rate-limited': {
    why: (facts) => `${upperFirst(nameProxy(facts))} turned the request away because of a rate limit.`,
    fix: () => 'send less at once, or raise the limit of the rate limit filter or service',
  },
  'denied-by-service': {
    why: () => 'The external authorisation service denied the request.',
    fix: () => 'look at the log of that service (the provider that the CUSTOM AuthorizationPolicy names)',
  },
  'name-not-resolved': {
    why: (facts) =>
      facts.host === undefined
        ? `The host name of ${nameCluster(facts)} did not resolve.`
        : `The name ${facts.host} has no address where ${nameProxy(facts)} asks for it.`,
    fix: ({ host }) =>
      host === undefined
        ? 'compare the host of the ServiceEntry with DNS as the pod of the proxy sees it'
        : 'create the Service or ServiceEntry of that name there, or call a name that exists',
  },
  overloaded: {
    why: (facts) => `${upperFirst(nameProxy(facts))} turned the request away because it is overloaded.`,
    fix: () => 'give the proxy more memory, or look at its overload manager and load shed points',
  },
  'retries-exhausted': {
    why: (facts) => `Every attempt that the retry policy allows at ${nameCluster(facts)} failed.`,
    fix: () => 'look at what the attempts were answered: the last answer was passed on',
  },
};
