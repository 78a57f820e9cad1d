import type { Duplex } from 'node:stream';
import type { NetworkRbac } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import type { ProxyContext } from '../context.ts';
import { HeaderMap } from '../http/header-map.ts';
import { compileRbac } from '../rbac/compile-rbac.ts';
import { peek } from './peek.ts';
import type { DownstreamInfo, NetworkFilter } from './types.ts';

/**
 * Puts the `rbac` network filter in front of another filter: a connection that the rules refuse is closed with its first
 * byte, as Envoy does.
 *
 * @throws ConfigError for rules that cannot be checked
 */
export function guardWithRbac(config: NetworkRbac, guarded: NetworkFilter, context: ProxyContext): NetworkFilter {
  if (config.matcher !== undefined) throw new ConfigError('RBAC: matcher is not supported, use rules');
  if (config.shadowRules !== undefined) compileRbac(config.shadowRules);
  if (config.rules === undefined) return guarded;
  const decide = compileRbac(config.rules);
  const refused = new Set<Duplex>();

  function refuse(stream: Duplex, { connectionId }: DownstreamInfo, details: string): void {
    refused.add(stream);
    stream.on('error', () => {});
    stream.once('close', () => refused.delete(stream));
    const inspect = (bytes: Buffer) => (bytes.length > 0 ? {} : undefined);
    void peek(stream, { clock: context.clock, timeoutMs: 0, inspect }).then(() => {
      context.log.debug('rbac', `[C${connectionId}] enforced denied, ${details}`);
      stream.destroy();
    });
  }

  return {
    ...guarded,
    accept(stream, info) {
      const { isAllowed, details } = decide({
        headers: HeaderMap.empty(),
        downstream: info,
        remoteAddress: info.remoteAddress,
      });
      if (isAllowed) guarded.accept(stream, info);
      else refuse(stream, info, details);
    },
    async close() {
      for (const stream of refused) stream.destroy();
      await guarded.close();
    },
  };
}
