import type { ConnectionFinding } from './connection-finding.ts';
import { isReadAsAuthority, type MissingSecret } from './find-missing-secret.ts';

type Description = Pick<ConnectionFinding, 'facts' | 'told'>;

/** Adds to what is known of a connection which secret it lacks and what the control plane says about it. */
export function describeMissingSecret(missing: MissingSecret, { facts, told }: Description): Description {
  const { resource, told: refusal } = missing;
  const credential = resource.replace(/^kubernetes:\/\//, '');
  const { message: _, ...rest } = facts;
  return {
    facts: {
      ...rest,
      credential,
      ...(refusal === undefined ? {} : { message: refusal }),
      ...(isReadAsAuthority(missing) ? { isReadAsAuthority: true } : {}),
    },
    told: [...told, ...(refusal === undefined ? [] : [`istiod: ${refusal}`])],
  };
}
