import { createHash } from 'node:crypto';
import type { Manifest } from './kinds.ts';

const ADDRESSES = 0x1_00_00;

/**
 * Gives a Service its address in 10.43.0.0/16, as k3s does when it is created. The address follows from the name, so that
 * it does not depend on what was created before.
 */
export function assignClusterIp(
  service: Manifest<'Service'>,
  namespace: string,
  isTaken: (address: string) => boolean,
): Manifest<'Service'> {
  if (service.spec.clusterIP !== undefined || service.spec.type === 'ExternalName') return service;
  const digest = createHash('sha256').update(`${namespace}/${service.metadata.name}`).digest();
  let offset = digest.readUInt16BE();
  while (isReserved(offset) || isTaken(toAddress(offset))) offset = (offset + 1) % ADDRESSES;
  return { ...service, spec: { ...service.spec, clusterIP: toAddress(offset) } };
}

/** The network's own first addresses belong to the API server and DNS in k3s; a last byte of 0 or 255 looks like neither. */
function isReserved(offset: number): boolean {
  const lastByte = offset & 0xff;
  return offset < 16 || lastByte === 0 || lastByte === 0xff;
}

function toAddress(offset: number): string {
  return `10.43.${offset >> 8}.${offset & 0xff}`;
}
