/** What can go wrong between istiod and its proxies, for `KubeCluster.pushFault`. */
export { endedStream, latePush, lostPush, reorderedPush } from '#control-plane/push/push-fault.ts';
