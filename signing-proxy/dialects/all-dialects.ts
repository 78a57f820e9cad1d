// One line per release, oldest first. A new one is a file of its own and a line here.
export { envoy119 } from './envoy-1.19.ts';
export { envoy122 } from './envoy-1.22.ts';
export { envoy125 } from './envoy-1.25.ts';
export { envoy128 } from './envoy-1.28.ts';
export { envoy129 } from './envoy-1.29.ts';
export { envoy130 } from './envoy-1.30.ts';
export { envoy133 } from './envoy-1.33.ts';
export { envoy134 } from './envoy-1.34.ts';
export { envoy136 } from './envoy-1.36.ts';
export { envoy140 } from './envoy-1.40.ts';
