import type { Container } from '#control-plane/kube/schemas/pod-template.ts';
import type { PodParts } from './pod-parts.ts';

const PREFIX = 'eks.amazonaws.com/';
const VOLUME = 'aws-iam-token';
const MOUNT_PATH = '/var/run/secrets/eks.amazonaws.com/serviceaccount';
const DEFAULT_AUDIENCE = 'sts.amazonaws.com';
const DEFAULT_LIFE_SECONDS = 86_400;

export interface WebIdentityRequest {
  readonly serviceAccount: Annotations;
  readonly pod: Annotations;
  readonly region: string;
}

type Annotations = Readonly<Record<string, string>>;

/**
 * What the EKS webhook for IAM roles adds to a container whose service account names a role (aws.md 5.1): variables that say where
 * the token is and which role it is for, and the token. Variables and mounts that are there already are left alone.
 *
 * It runs when the pod is created: an annotation that changes later reaches later pods only.
 */
export function addWebIdentity(parts: PodParts, { serviceAccount, pod, region }: WebIdentityRequest): PodParts {
  const roleArn = serviceAccount[`${PREFIX}role-arn`];
  const { container, volumes } = parts;
  const skipped = (pod[`${PREFIX}skip-containers`] ?? '').split(',').map((name) => name.trim());
  if (roleArn === undefined || skipped.includes(container.name)) return parts;
  const isRegional = serviceAccount[`${PREFIX}sts-regional-endpoints`] === 'true';
  const mounted = addVariables(container, {
    ...(isRegional && { AWS_STS_REGIONAL_ENDPOINTS: 'regional' }),
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: `${MOUNT_PATH}/token`,
  });
  if (volumes.some(({ name }) => name === VOLUME)) return { container: mounted, volumes };
  const audience = serviceAccount[`${PREFIX}audience`] ?? DEFAULT_AUDIENCE;
  const life = Number(pod[`${PREFIX}token-expiration`] ?? serviceAccount[`${PREFIX}token-expiration`]);
  const expirationSeconds = Number.isInteger(life) ? Math.max(life, 600) : DEFAULT_LIFE_SECONDS;
  const mount = { name: VOLUME, mountPath: MOUNT_PATH, readOnly: true };
  return {
    container: { ...mounted, volumeMounts: [...(container.volumeMounts ?? []), mount] },
    volumes: [
      ...volumes,
      {
        name: VOLUME,
        projected: { sources: [{ serviceAccountToken: { audience, expirationSeconds, path: 'token' } }] },
      },
    ],
  };
}

function addVariables(container: Container, variables: Readonly<Record<string, string>>): Container {
  const { env = [] } = container;
  const known = new Set(env.map(({ name }) => name));
  const added = Object.entries(variables).filter(([name]) => !known.has(name));
  return { ...container, env: [...env, ...added.map(([name, value]) => ({ name, value }))] };
}
