import type { AffinityTarget } from '../../pool/key/affinity-target';
import type { CallAffinity } from '../execution.types';

/** What the pool is told of the affinity that a caller states. */
export function affinityTarget(affinity: string | CallAffinity): AffinityTarget {
  return { kind: 'soft', id: typeof affinity === 'string' ? affinity : affinity.id };
}

/** The id that the caller states of something which exists in one account alone. */
export const hardIdOf = (affinity: string | CallAffinity | undefined): string | undefined =>
  typeof affinity === 'object' && affinity.hard === true ? affinity.id : undefined;
