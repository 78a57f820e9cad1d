import { AwsLambdaConfig_InvocationMode, type AwsLambdaConfig } from '#xds/generated/messages.js';
import type { ProxyContext } from '../../context.ts';
import type { SigningPlan } from '../aws/request-signer.ts';
import { parseLambdaArn, type LambdaArn } from './lambda-arn.ts';

/** What a listener or a route says about the function to call. A route's settings replace the listener's whole. */
export interface LambdaSettings {
  readonly arn: LambdaArn;
  readonly isPassthrough: boolean;
  readonly isAsynchronous: boolean;
  /** What the function is called as; empty for what the caller asked for. */
  readonly host: string;
  readonly plan: SigningPlan;
}

/** @throws ConfigError for an ARN that is none, and for credentials that cannot be had */
export function compileLambdaSettings(config: AwsLambdaConfig | undefined, context: ProxyContext): LambdaSettings {
  const arn = parseLambdaArn(config?.arn ?? '');
  const { options } = context.dialect.lambda;
  return {
    arn,
    isPassthrough: config?.payloadPassthrough ?? false,
    isAsynchronous: config?.invocationMode === AwsLambdaConfig_InvocationMode.ASYNCHRONOUS,
    host: options.has('host_rewrite') ? (config?.hostRewrite ?? '') : '',
    plan: {
      service: 'lambda',
      region: arn.region,
      credentials: context.credentials.find({
        region: arn.region,
        inline: config?.credentials,
        profile: config?.credentialsProfile,
      }),
    },
  };
}
