import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TcpProxy, TcpProxySchema } from '#xds/generated/messages.js';
import { findDestinationRule } from '../destination-rules.ts';
import { createDuration, parseDurationMs } from '../durations.ts';
import { parseClusterName } from '../names.ts';
import type { ListenerContext } from './listener-context.ts';

/** What a DestinationRule says about connections that are passed on as bytes. */
export type TcpSettings = Pick<
  Exclude<MessageInitShape<typeof TcpProxySchema>, TcpProxy>,
  'hashPolicy' | 'idleTimeout' | 'maxDownstreamConnectionDuration'
>;

/** Of the cluster that connections go to; of the first of several (istio `networkfilter.go`). Settings for ports don't count. */
export function findTcpSettings(clusterName: string, { proxy, view }: ListenerContext): TcpSettings {
  const { host = '', subset = '' } = parseClusterName(clusterName) ?? {};
  const service = view.findService(host);
  const rule = service && findDestinationRule(service, { proxy, view });
  const { connectionPool, loadBalancer } = rule?.trafficPolicy ?? {};
  const { idleTimeout, maxConnectionDuration } = connectionPool?.tcp ?? {};
  const ofSubset = rule?.subsets.find(({ name }) => name === subset)?.trafficPolicy?.loadBalancer;
  const { consistentHash } = ofSubset ?? loadBalancer ?? {};
  return {
    ...(consistentHash?.useSourceIp === true && { hashPolicy: [{ policySpecifier: { case: 'sourceIp', value: {} } }] }),
    ...(idleTimeout !== undefined && { idleTimeout: createDuration(parseDurationMs(idleTimeout)) }),
    ...(maxConnectionDuration !== undefined && {
      maxDownstreamConnectionDuration: createDuration(parseDurationMs(maxConnectionDuration)),
    }),
  };
}
