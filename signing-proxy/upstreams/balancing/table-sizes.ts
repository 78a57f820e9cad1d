import type { RingHash } from '#xds/generated/messages.js';
import { ConfigError } from '../../config-error.ts';
import type { RingSize } from './hash-ring.ts';

// Envoy's defaults (cluster.proto).
const RING_SIZE = { minimum: 1024, maximum: 8_388_608 };
const MAGLEV_TABLE_SIZE = 65_537;
const MAX_MAGLEV_TABLE_SIZE = 5_000_011;

type RingSizes = Pick<RingHash, 'minimumRingSize' | 'maximumRingSize'>;

/** @throws ConfigError for a ring that has to be larger than it may be */
export function checkRingSize(given: RingSizes | undefined): RingSize {
  const minimum = Number(given?.minimumRingSize ?? RING_SIZE.minimum);
  const maximum = Number(given?.maximumRingSize ?? RING_SIZE.maximum);
  if (minimum > maximum)
    throw new ConfigError(`ring hash: minimum_ring_size (${minimum}) > maximum_ring_size (${maximum})`);
  return { minimum, maximum };
}

/** @throws ConfigError for the size of a Maglev table that is no prime number, or too large */
export function checkTableSize(given: bigint | undefined): number {
  const size = Number(given ?? MAGLEV_TABLE_SIZE);
  if (!isPrime(size)) throw new ConfigError('The table size of maglev must be prime number');
  if (size > MAX_MAGLEV_TABLE_SIZE)
    throw new ConfigError(`The table size of maglev must be at most ${MAX_MAGLEV_TABLE_SIZE}`);
  return size;
}

function isPrime(size: number): boolean {
  if (size < 2) return false;
  for (let divisor = 2; divisor * divisor <= size; divisor++) if (size % divisor === 0) return false;
  return true;
}
