import { ownWords } from '../classification/redaction/redact';
import type { Outcome } from '../vendors/contract/outcome';
import type { PoolLease } from './key-lease';
import type { KeyRecord, PassedOver } from './key/key-record';
import { HEALTHY } from './key/key-state';
import type { KeyStates } from './key-states';
import type { PoolMean } from './selection/choice';
import type { ModelIndex } from './selection/model-index';
import type { ModelIndexes } from './selection/model-indexes';
import type { OutlierDetection } from './state/outlier-detection';

/** A call waits this long for another key before an ejected one is tried. Milliseconds. */
const MAX_WAIT_FOR_EJECTED_MS = 10_000;

/** What is known of the keys of the pool. */
interface PoolKnowledge {
  readonly indexes: ModelIndexes;
  readonly outliers: OutlierDetection;
  readonly mean: PoolMean;
}

/** Who fails alone is at fault: such a key is chosen less, then ejected for a while, and let back early where calls find no other. */
export class Ejections {
  constructor(
    private readonly states: KeyStates,
    private readonly pool: PoolKnowledge,
  ) {}

  /** Compares a key whose call failed, in a way that may be the vendor's fault or the key's, with the others. */
  callFailed(lease: PoolLease, outcome: Outcome, now: number): void {
    const { indexes, outliers, mean } = this.pool;
    const { record } = lease.candidate;
    const found = outliers.failed(record, lease, now);
    if (found.kind === 'alike') return;
    record.learn(false, mean, now);
    if (found.kind === 'worse' || record.unavailableUntil > now) return;
    // Never more than half of the keys that could serve the call.
    if (indexes.forCall(lease.model, now).inUse - 1 < outliers.ejected().size + 1) return;
    const until = outliers.eject(record, now);
    const reason = ownWords`outlier: ${found.failed} of its latest ${found.of} calls failed, other keys answered`;
    this.states.setState(record, { status: 'cooling_down', until }, 'call', { outcome, reason });
  }

  /** Ejecting a key is a guess: where no other key can be had for long, the first ejected one is let back. True if one was. */
  readmitted(index: ModelIndex, exclude: PassedOver | undefined, now: number): boolean {
    const { outliers } = this.pool;
    if (!outliers.isWatching || index.hasCandidate) return false;
    if ((index.nextWake ?? 0) <= now + MAX_WAIT_FOR_EJECTED_MS) return false;
    let first: KeyRecord | undefined;
    for (const record of outliers.ejected()) {
      if (!record.enabled || !record.serves(index.model) || exclude?.has(record.id)) continue;
      if (record.candidates[index.ordinal]!.cooldownUntil > now) continue;
      if (!first || record.unavailableUntil < first.unavailableUntil) first = record;
    }
    if (first) this.states.setState(first, HEALTHY, 'time');
    return first !== undefined;
  }
}
