import type { ConnectionCause } from '../cause.ts';
import type { CauseFacts, CauseText } from '../cause-text.ts';
import { nameProxy, reasonOf, upperFirst } from '../cause-words.ts';

const namePeer = ({ peer }: CauseFacts) => peer ?? 'the other side';
const nameCluster = ({ upstreamCluster, address, host }: CauseFacts) =>
  upstreamCluster === undefined ? (host ?? address ?? 'the other side') : `upstream cluster "${upstreamCluster}"`;

const PRIVATE_ADDRESS = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** Why and what to do where a connection did not come about or did not last. */
export const CONNECTION_CAUSE_TEXTS: Readonly<Record<ConnectionCause, CauseText>> = {
  'connect-timeout': {
    why: (facts) =>
      `Nothing answered when ${nameProxy(facts)} connected to ${nameCluster(facts)}${describeWait(facts)}${describePrivacy(facts)}.`,
    fix: ({ address = '' }) =>
      PRIVATE_ADDRESS.test(address)
        ? 'call from inside that network or through a gateway that stands in it, or join the networks (peering, VPN)'
        : 'look for the route, the firewall and the security group between the two: a refusal would have come at once',
  },
  'connection-refused': {
    why: (facts) =>
      `Nobody listens where ${nameProxy(facts)} connected to: ${facts.peer ?? facts.address ?? nameCluster(facts)}.`,
    fix: ({ peer }) =>
      peer === undefined
        ? 'look whether the process runs, and compare the port with the one it listens on'
        : 'look whether its pods are ready, and compare its targetPort with what they listen on: a gateway listens on the ports of its Gateways only',
  },
  'no-filter-chain': {
    why: (facts) =>
      `${upperFirst(namePeer(facts))} has no filter chain for ${facts.message ?? 'what came'} and closed the connection.`,
    fix: ({ message }) =>
      message === 'plain text'
        ? 'let the caller speak TLS there: its DestinationRule needs a tls.mode that takes effect (credentialName does so at gateways only, a sidecar needs files)'
        : 'ask for a name that the Gateway lists in "hosts" (sni in the DestinationRule of the caller), or list that name there',
  },
  'client-certificate-missing': {
    why: (facts) =>
      `${upperFirst(namePeer(facts))} demands a client certificate and ${nameProxy(facts)} showed none. With TLS 1.3 the refusal comes after the handshake, so the caller sees a lost connection only.`,
    fix: () =>
      'give the caller a certificate (tls.mode MUTUAL with credentialName in its DestinationRule), or let the Gateway of the server use SIMPLE',
  },
  'client-certificate-refused': {
    why: (facts) =>
      `${upperFirst(namePeer(facts))} did not accept the client certificate of ${nameProxy(facts)}${reasonOf(facts)}.`,
    fix: () =>
      "put the authority that issued it (a self-signed one itself) into ca.crt of the server's credential, or show a certificate that the server trusts",
  },
  'tls-mismatch': {
    why: (facts) =>
      `${upperFirst(nameProxy(facts))} began TLS with ${nameCluster(facts)} and got an answer that is no TLS${reasonOf(facts)}.`,
    fix: () =>
      'let each connection be wrapped in TLS once: take tls out of the DestinationRule where a hop passes TLS through, or use mode DISABLE for a port that speaks plain text',
  },
  'pod-stopped': {
    why: (facts) =>
      `${upperFirst(namePeer(facts))} was stopped while the request was under way: calls that take longer than its drain time are cut off.`,
    fix: () =>
      'let the pod drain for longer than the longest call (terminationDrainDuration, terminationGracePeriodSeconds), and restart one replica at a time',
  },
  'answer-broken-off': {
    why: (facts) =>
      `The answer of ${nameCluster(facts)} broke off in its middle. ${upperFirst(namePeer(facts))} had its status already and could only reset the stream.`,
    fix: () =>
      'look why the sender broke off; the request has run by then, so retry on "reset" only what may run twice',
  },
};

function describePrivacy({ address = '' }: CauseFacts): string {
  return PRIVATE_ADDRESS.test(address)
    ? `; ${address.replace(/:\d+$/, '')} is a private address, and only its own network has a way to it`
    : '';
}

function describeWait({ waited }: CauseFacts): string {
  return waited === undefined ? '' : ` and waited ${waited}`;
}
