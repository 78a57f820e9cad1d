/** What can go wrong on a hop, for `KubeCluster.fault`. */
export { blackHole, cutAfter, latency, refuseConnect, slowAnswer, slowConnect } from '#core/connection-fault.ts';
