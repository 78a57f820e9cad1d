import type { Cause } from './cause.ts';
import type { CauseFacts, CauseText } from './cause-text.ts';
import { upperFirst } from './cause-words.ts';
import type { CredentialSource } from './credential-source.ts';
import { CONNECTION_CAUSE_TEXTS } from './connections/connection-cause-texts.ts';
import { describeDenial, findDenialFix } from './denial-text.ts';
import { FLAG_CAUSE_TEXTS } from './flag-cause-texts.ts';
import { LAMBDA_CAUSE_TEXTS } from './lambda-cause-texts.ts';
import { explainMalformedAuthorization } from './malformed-authorization.ts';
import { PROXY_CAUSE_TEXTS } from './proxy-cause-texts.ts';
import { SYNC_CAUSE_TEXTS } from './sync-cause-texts.ts';

const nameHeader = ({ header }: CauseFacts) => (header === undefined ? 'a signed header' : `header "${header}"`);
const nameKey = ({ accessKeyId }: CauseFacts) =>
  accessKeyId === undefined ? 'the access key' : `access key ${accessKeyId}`;
const nameChanger = ({ changedBy }: CauseFacts) => changedBy ?? 'a hop after the signer';
const readAs = ({ reading }: CauseFacts) => (reading === undefined ? '' : `: it matches if ${reading}`);

/** What to do where a source of keys gave none. */
const CREDENTIAL_FIXES: Readonly<Record<CredentialSource, string>> = {
  environment:
    'give the signer credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY at its start), then restart it',
  metadata:
    'give the node a role and let its pods reach 169.254.169.254, or give the signer keys at its start (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY); AWS_EC2_METADATA_DISABLED=true saves the wait',
  container:
    'look whether the agent at AWS_CONTAINER_CREDENTIALS_FULL_URI answers, and whether the token it demands is mounted',
  'web-identity':
    "compare the role's trust policy with issuer, audience and subject of the token, look whether the token is still valid, and restart the signer once STS accepts it",
  'assume-role': 'look whether STS lets these keys assume the role, and restart the signer once it does',
  file: 'name the credentials file in full (nobody expands "~") with a profile that is in it, and restart the signer',
};

/** Why and what to do, one entry per cause. */
const TEXTS: Readonly<Record<Cause, CauseText>> = {
  'host-port': {
    why: ({ signed }) =>
      signed === undefined || /:\d+$/.test(signed)
        ? 'Host was signed with a port; AWS checks it without one.'
        : 'Host was signed without the port it was checked with.',
    // A host rewrite in the signer's own route comes too late: the router runs after the filter that signs.
    fix: ({ signedBy, gateway, route }) => {
      if (signedBy === undefined)
        return 'sign Host without the port: strip_any_host_port on the listener, or another Host header';
      const elsewhere =
        gateway === undefined || route === undefined
          ? 'send Host without the port'
          : `rewrite the host in route "${route}" of ${gateway}`;
      return `set strip_any_host_port on the listener of ${signedBy}, or ${elsewhere}`;
    },
  },
  'header-changed': {
    why: (facts) =>
      `${upperFirst(nameHeader(facts))} was changed after it was signed${facts.changedBy === undefined ? '' : `, by ${facts.changedBy}`}.`,
    fix: (facts) =>
      `sign at the last hop that changes ${nameHeader(facts)}, or keep ${nameChanger(facts)} from changing it`,
  },
  'header-added': {
    why: (facts) =>
      `${upperFirst(nameHeader(facts))} was added, or added a second time, after signing${facts.changedBy === undefined ? '' : `, by ${facts.changedBy}`}.`,
    fix: (facts) => `keep ${nameChanger(facts)} from adding ${nameHeader(facts)}, or leave it out of the signature`,
  },
  'header-removed': {
    why: (facts) =>
      `${upperFirst(nameHeader(facts))} was signed and then removed${facts.changedBy === undefined ? '' : ` by ${facts.changedBy}`}.`,
    fix: (facts) => `leave ${nameHeader(facts)} out of the signature, or keep ${nameChanger(facts)} from removing it`,
  },
  'header-format': {
    why: (facts) => `${upperFirst(nameHeader(facts))} was signed in another form than AWS reads it in${readAs(facts)}.`,
    fix: (facts) =>
      `write ${nameHeader(facts)} in canonical form before signing: trimmed, one blank, lines joined by ","`,
  },
  'signed-headers': {
    why: () => 'The list of signed headers that was signed is not the list that was sent.',
    fix: () => 'sign and send one list: lower-case names, sorted, joined by ";"',
  },
  'session-token': {
    why: ({ reading }) =>
      `The session token was signed otherwise than it was sent${reading === undefined ? '' : ` (${reading})`}.`,
    fix: () => 'put x-amz-security-token on the request before signing, and sign it',
  },
  'wrong-secret': {
    why: (facts) =>
      `The signer has another secret for ${nameKey(facts)}: the text it signed is known, and gives another signature.`,
    fix: (facts) =>
      `give the signer the secret that belongs to ${nameKey(facts)}, and restart it if it reads keys at start`,
  },
  'secret-whitespace': {
    why: ({ signed }) => `The signer uses the right secret, but with ${signed ?? 'more characters than it has'}.`,
    fix: () => 'store the secret without anything around it (printf, not echo, before base64)',
  },
  'wrong-region': {
    why: ({ signed, checked, message }) =>
      message ??
      `The signature is for region "${signed ?? ''}"; ${checked === undefined ? 'the endpoint serves another' : `the request was checked for "${checked}"`}.`,
    fix: () => 'configure the signer with the region of the function and of the endpoint',
  },
  'wrong-service': {
    why: ({ signed, checked, message }) =>
      message ?? `The signature is for service "${signed ?? ''}", the request was checked for "${checked ?? ''}".`,
    fix: () => 'configure the signer with the service name of the endpoint ("lambda" for Invoke)',
  },
  'wrong-date': {
    why: ({ signed, checked, message }) =>
      message ?? `Another date was signed ("${signed ?? ''}") than the request carries ("${checked ?? ''}").`,
    fix: () => 'use one reading of the clock, in UTC, for x-amz-date, the string to sign and the scope',
  },
  'path-encoding': {
    why: ({ reading }) =>
      `The path was spelled otherwise for signing than AWS spells it${reading === undefined ? '' : ` (${reading})`}.`,
    fix: () =>
      'sign the path as AWS reads it: normalised, each segment encoded once more than on the wire (raw for S3 only)',
  },
  'path-changed': {
    why: (facts) =>
      `Another path was signed than the one that was checked${facts.changedBy === undefined ? '' : `; ${facts.changedBy} changed it`}.`,
    fix: () => 'rewrite the path before signing, not after',
  },
  'query-order': {
    why: () => 'The query parameters were signed in another order than AWS sorts them in.',
    fix: () => 'sort the parameters by encoded name, then by encoded value, before signing',
  },
  'query-encoding': {
    why: ({ reading }) =>
      `The query was spelled otherwise for signing than AWS spells it${reading === undefined ? '' : ` (${reading})`}.`,
    fix: () =>
      'encode names and values once, with upper-case hexadecimal digits, "%20" for a blank and "=" after every name',
  },
  'query-changed': {
    why: ({ changedBy, reading }) =>
      `Another query was signed than the one that was checked${changedBy === undefined ? '' : `; ${changedBy} changed it`}${reading === undefined ? '' : ` (${reading})`}.`,
    fix: () => 'change the query before signing, not after',
  },
  'payload-hash': {
    why: ({ reading }) =>
      `The payload hash that was signed is not that of the body received${reading === undefined ? '' : ` (${reading})`}.`,
    fix: () => 'sign the SHA-256 of the body as it is sent, after every change to it',
  },
  'method-changed': {
    why: ({ signed, checked }) =>
      `The request was signed as ${signed ?? 'another method'} and arrived as ${checked ?? 'this one'}.`,
    fix: () => 'change the method before signing, not after',
  },
  'no-credentials': {
    why: ({ signedBy, message, story }) =>
      `${upperFirst(signedBy ?? 'the signer')} had no credentials and sent the request unsigned${
        story === undefined ? (message === undefined ? '' : ` (${message})`) : `: ${story}`
      }.`,
    fix: ({ credentialSource = 'environment', remedy }) => remedy ?? CREDENTIAL_FIXES[credentialSource],
  },
  'not-signed': {
    why: () => 'The request carries no signature: neither an Authorization header nor a presigned query.',
    fix: () => 'route it through the filter that signs, or sign it in the client',
  },
  'clock-skew': {
    why: ({ message, story }) => {
      const told = message?.replace(/\.$/, '');
      if (story !== undefined) return `${story}${told === undefined ? '' : `. ${told}`}.`;
      return `The signature's time is outside AWS's window${told === undefined ? '' : `: ${told}`}.`;
    },
    fix: ({ remedy }) => remedy ?? 'set the clock of the signer, and send requests soon after they are signed',
  },
  'not-authorized': {
    why: ({ message }) => describeDenial(message),
    fix: ({ message = '' }) => findDenialFix(message),
  },
  'access-key-unknown': {
    why: (facts) =>
      `${upperFirst(nameKey(facts))} is not known${facts.message === undefined ? '' : `: ${facts.message}`}.`,
    fix: () => 'give the signer a key that exists, and restart it if it reads keys at start',
  },
  'access-key-inactive': {
    why: (facts) =>
      `${upperFirst(nameKey(facts))} was deactivated${facts.message === undefined ? '' : ` ${facts.message}`}.`,
    fix: ({ signedBy }) =>
      `give ${signedBy ?? 'the signer'} the new key, and restart it if it reads keys at start; or activate the old one again`,
  },
  'access-key-deleted': {
    why: (facts) =>
      `${upperFirst(nameKey(facts))} was deleted${facts.message === undefined ? '' : ` ${facts.message}`}.`,
    fix: ({ signedBy }) =>
      `give ${signedBy ?? 'the signer'} a key that exists, and restart it if it reads keys at start`,
  },
  'access-key-not-yet-known': {
    why: (facts) => `${upperFirst(nameKey(facts))} exists, but its last change has not reached this service yet.`,
    fix: () => 'wait until the new key works before the old one is taken away',
  },
  'session-token-invalid': {
    why: (facts) => `The session token does not belong to ${nameKey(facts)}.`,
    fix: () => 'send the token that was issued together with the key, and none with a long-term key',
  },
  'session-token-expired': {
    why: ({ story }) => `The session token has expired${story === undefined ? '' : `: ${story}`}.`,
    fix: ({ remedy }) => remedy ?? 'refresh the credentials before they expire',
  },
  'session-token-missing': {
    why: (facts) => `${upperFirst(nameKey(facts))} is a temporary key, and the request has no session token.`,
    fix: () => 'send x-amz-security-token with temporary keys (AWS_SESSION_TOKEN)',
  },
  'host-not-signed': {
    why: () => 'Host is not among the signed headers.',
    fix: () => 'sign "host" (or ":authority")',
  },
  'date-unreadable': {
    why: ({ message }) => message ?? 'The date of the signature is not in ISO 8601 basic format.',
    fix: () => 'send x-amz-date as 20150830T123600Z',
  },
  'malformed-authorization': {
    why: ({ message }) =>
      explainMalformedAuthorization(message)?.why ?? message ?? 'The signature is not in the form AWS reads.',
    fix: ({ message }) =>
      explainMalformedAuthorization(message)?.fix ??
      'send one "Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..."',
  },
  'malformed-request': {
    why: ({ message }) => message ?? 'AWS turned the request away before it looked for a signature.',
    fix: () => 'send a target with well-formed escapes that stays below "/", and a form body to STS and IAM',
  },
  'reserved-header': {
    why: ({ message, header }) =>
      header === undefined
        ? (message ?? 'The request carries a header that Lambda reserves.')
        : `The request carries header "${header}", which Lambda reserves for itself.`,
    fix: ({ header = 'x-amzn-tls-version, x-amzn-cipher-suite and x-amzn-vpc*' }) =>
      `remove ${header} before the filter that signs (headers.request.remove in the VirtualService of the gateway in front of it)`,
  },
  ...PROXY_CAUSE_TEXTS,
  ...FLAG_CAUSE_TEXTS,
  ...CONNECTION_CAUSE_TEXTS,
  ...LAMBDA_CAUSE_TEXTS,
  ...SYNC_CAUSE_TEXTS,
  unexplained: {
    why: ({ message }) => message ?? 'Nothing that was tried makes the signature match.',
    fix: ({ advice }) => advice ?? "compare the canonical request with the one in the signer's log",
  },
};

/** The sentence of a cause and its way out. */
export function describeCause(cause: Cause, facts: CauseFacts): { readonly sentence: string; readonly fix: string } {
  const { why, fix } = TEXTS[cause];
  return { sentence: why(facts), fix: fix(facts) };
}

/** Every cause there is, for documentation. */
export function listCauses(): string[] {
  return Object.keys(TEXTS);
}
