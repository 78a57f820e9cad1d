import type { RequestListener } from 'node:http';
import { httpbin } from './httpbin.ts';

/** A program that a container image stands for. */
export interface Workload {
  /** Serves the container's port; left out, the container only calls others. */
  readonly onRequest?: RequestListener;
}

/** Only calls others: the pod that documents run `curl` in. */
const sleep: Workload = {};

const WORKLOADS: readonly (readonly [RegExp, Workload])[] = [
  [/(^|\/)(kennethreitz|kong|mccutchen)\/(go-)?httpbin(:|$)/, { onRequest: httpbin }],
  [/(^|\/)curlimages\/curl(:|$)/, sleep],
  [/(^|\/)(governmentpaas\/curl-ssl|pstauffer\/curl)(:|$)/, sleep],
];

/** The images that {@link findWorkload} knows, for error messages. */
export const KNOWN_IMAGES = ['docker.io/kennethreitz/httpbin', 'docker.io/kong/httpbin', 'curlimages/curl'];

/** The program behind a container image, or undefined when the embedded backend has none for it. */
export function findWorkload(image: string): Workload | undefined {
  return WORKLOADS.find(([pattern]) => pattern.test(image))?.[1];
}
