import type { PolicyDocument } from '#harness/topology.ts';

const ACCOUNT = '123456789012';

/** The trust policy of a role for one service account, as EKS's guide prints it. */
export function trustServiceAccount(issuer: string, namespace: string, serviceAccount: string): PolicyDocument {
  const provider = issuer.replace('https://', '');
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${provider}:aud`]: 'sts.amazonaws.com',
            [`${provider}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
          },
        },
      },
    ],
  };
}
