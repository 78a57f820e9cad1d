import type { MeshView } from '../mesh-view.ts';
import type { Proxy } from '../proxy.ts';

/** The proxy that listeners are for, and what it sees of the mesh. */
export interface ListenerContext {
  readonly proxy: Proxy;
  readonly view: MeshView;
}
