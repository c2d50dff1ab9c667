import type { AffinityTarget } from '../../pool/key/affinity-target';
import type { CallAffinity } from '../execution.types';

/** What the pool is told of the affinity that a caller states. */
export function affinityTarget(affinity: string | CallAffinity): AffinityTarget {
  return { kind: 'soft', id: typeof affinity === 'string' ? affinity : affinity.id };
}
