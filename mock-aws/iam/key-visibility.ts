import type { Instant } from '#core/clock.ts';
import type { AccessKey, Principal } from '../sigv4/types.ts';

/** The states of a key as verification sees them; before the first one is visible the key is unknown. */
export type KeyState = 'Active' | 'Inactive' | 'Deleted';

/**
 * One key as the services that verify signatures see it: each change becomes visible some time after it was made
 * (aws.md 4.6), in the order it was made.
 */
export class KeyVisibility {
  readonly #active: AccessKey;
  #visible: AccessKey | undefined;
  #coming: { readonly state: KeyState; readonly visibleAt: Instant }[] = [];

  constructor(key: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly principal: Principal }) {
    this.#active = {
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey,
      principal: key.principal,
      isActive: true,
    };
  }

  change(state: KeyState, visibleAt: Instant): void {
    this.#coming.push({ state, visibleAt });
  }

  /** The key as it is seen at `now`; undefined while unknown or when deleted. */
  at(now: Instant): AccessKey | undefined {
    for (let next = this.#coming[0]; next !== undefined && next.visibleAt <= now; next = this.#coming[0]) {
      this.#visible = this.#as(next.state);
      this.#coming.shift();
    }
    return this.#visible;
  }

  #as(state: KeyState): AccessKey | undefined {
    if (state === 'Deleted') return undefined;
    return state === 'Active' ? this.#active : { ...this.#active, isActive: false };
  }
}
