import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AddressSchema } from '#xds/generated/messages.js';

export const ANY_ADDRESS = '0.0.0.0';

export function createAddress(address: string, port: number): MessageInitShape<typeof AddressSchema> {
  return {
    address: { case: 'socketAddress', value: { address, portSpecifier: { case: 'portValue', value: port } } },
  };
}

/** `0.0.0.0_8080`, as Istio names listeners that bind or stand for an address. */
export function listenerName(address: string, port: number): string {
  return `${address}_${port}`;
}
