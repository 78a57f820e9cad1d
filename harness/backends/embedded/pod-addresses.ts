/** Gives pods their addresses in 10.42.0.0/16, k3s's pod network, in order of start; none is used twice in a run. */
export function createPodAddresses(): () => string {
  let next = FIRST;
  return () => {
    const offset = next++;
    return `10.42.${Math.floor(offset / 254)}.${1 + (offset % 254)}`;
  };
}

/** The bridge of the node: what a pod sees calls from outside come from. */
export const NODE_ADDRESS = '10.42.0.1';

const FIRST = 4;
