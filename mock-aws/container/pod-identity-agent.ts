import type { Clock } from '#core/clock.ts';
import { getHeader } from '#core/http-message.ts';
import type { Random } from '#core/random.ts';
import { formatTime } from '../endpoint/format-time.ts';
import type { PlainAnswer, PlainRequest } from '../endpoint/plain-endpoint.ts';
import { RotatingCredentials, type CredentialLife } from '../endpoint/rotating-credentials.ts';
import type { IamStore } from '../iam/iam-store.ts';
import { trustsService } from '../iam/trusts-service.ts';
import type { IssuerKeys } from '../oidc/issuer-keys.ts';
import {
  parseWebIdentityToken,
  readIdentityClaims,
  readTimeClaim,
  type WebIdentityToken,
} from '../oidc/web-identity-token.ts';

export interface PodIdentityAssociation extends CredentialLife {
  /** Issuer of the KubeCluster's service account tokens. */
  readonly issuer: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Name of the role. */
  readonly role: string;
}

interface AgentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly iam: IamStore;
  readonly issuerKeys: IssuerKeys;
  readonly accountId: string;
}

interface Association extends PodIdentityAssociation {
  readonly credentials: RotatingCredentials;
}

const AUDIENCE = 'pods.eks.amazonaws.com';
const ADDRESSES = ['169.254.170.23', 'fd00:ec2::23'];
/** The machine itself, for clients outside of any cluster. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** The EKS Pod Identity agent (aws.md 5.2), with what it asks of EKS behind it. */
export class PodIdentityAgent {
  readonly #options: AgentOptions;
  readonly #associations: Association[] = [];

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  associate(association: PodIdentityAssociation): void {
    const { iam, clock, random } = this.#options;
    const sessionName = `eks-${association.serviceAccount}-${random.uuid()}`.slice(0, 64);
    const credentials = new RotatingCredentials({ iam, clock, sessionName });
    this.#associations.push({ ...association, credentials });
  }

  rotate(): void {
    for (const { credentials } of this.#associations) credentials.rotate();
  }

  async answer(request: PlainRequest): Promise<PlainAnswer> {
    if (request.method !== 'GET') return createText(405, 'Method Not Allowed');
    const host = (getHeader(request.headers, 'host') ?? '').replace(/:\d+$/, '');
    if (!ADDRESSES.includes(host.replace(/^\[(.*)\]$/, '$1')) && !LOOPBACK.has(host)) return refuseAddress(host);
    const text = getHeader(request.headers, 'authorization') ?? '';
    if (text === '') return createText(400, 'Service account token cannot be empty');
    const token = parseWebIdentityToken(text);
    if (token === undefined) return createText(400, 'Service account token cannot be parsed: token is malformed');
    return await this.#exchange(token, request.wantsExpired);
  }

  /** What EKS checks; its texts are assumed, the agent's frame around them is not. */
  async #exchange(token: WebIdentityToken, wantsExpired: boolean): Promise<PlainAnswer> {
    const claims = readIdentityClaims(token);
    const isForAgent = typeof claims === 'object' && claims.audiences.includes(AUDIENCE);
    const issuer = isForAgent ? claims.issuer : '';
    const isKnown = this.#associations.some((association) => association.issuer === issuer);
    const verdict = isKnown && (await this.#options.issuerKeys.verify(token, { url: issuer, thumbprints: [] }));
    if (!isForAgent || verdict !== 'valid') return this.#refuse(400, INVALID_TOKEN);
    const now = this.#options.clock.now();
    if ((readTimeClaim(token, 'exp') ?? 0) * 1000 <= now) return this.#refuse(400, EXPIRED_TOKEN);
    const association = this.#find(issuer, claims.subject);
    if (association === undefined) return this.#refuse(404, NO_ASSOCIATION);
    const role = this.#options.iam.roles.listRoles().find(({ roleName }) => roleName === association.role);
    if (role === undefined || !trustsService(role, AUDIENCE, now)) return this.#refuse(400, NOT_ALLOWED);
    const { credentials } = association;
    const issued = wantsExpired ? credentials.getExpired(role) : credentials.get(role, association);
    const document = {
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      Token: issued.sessionToken,
      AccountId: this.#options.accountId,
      Expiration: formatTime(issued.sessionExpiresAt),
    };
    return { operation: OPERATION, status: 200, contentType: 'application/json', body: JSON.stringify(document) };
  }

  #find(issuer: string, subject: string): Association | undefined {
    return this.#associations.findLast(
      (association) =>
        association.issuer === issuer &&
        subject === `system:serviceaccount:${association.namespace}:${association.serviceAccount}`,
    );
  }

  #refuse(status: number, { code, message }: { readonly code: string; readonly message: string }): PlainAnswer {
    return createText(status, `[${this.#options.random.uuid()}]: (${code}): ${message}, fault: client`);
  }
}

const OPERATION = 'GetPodCredentials';
const INVALID_TOKEN = { code: 'InvalidTokenException', message: 'The token included in the request is invalid' };
const EXPIRED_TOKEN = { code: 'ExpiredTokenException', message: 'The token included in the request is expired' };
const NO_ASSOCIATION = {
  code: 'ResourceNotFoundException',
  message: 'No association was found for the service account',
};
const NOT_ALLOWED = {
  code: 'AccessDeniedException',
  message: 'Unauthorized Exception! EKS does not have permissions to assume the associated role.',
};

function refuseAddress(host: string): PlainAnswer {
  const addresses = `[${ADDRESSES.join(' ')}]`;
  return createText(
    403,
    `Access Denied. Called agent through invalid address, please use either ${addresses} address not ${host}`,
  );
}

function createText(status: number, body: string): PlainAnswer {
  return { operation: OPERATION, status, contentType: 'text/plain; charset=utf-8', body };
}
