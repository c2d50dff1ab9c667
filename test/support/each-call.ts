import { OUTCOMES, type Outcome } from '../../src/key-management/vendors/contract/outcome';
import type { KeyRecord } from '../../src/key-management/pool/key/key-record';
import type { CallObserver } from '../../src/key-management/pool/call-batches';

export interface CallListener {
  leaseSettled?(record: KeyRecord, outcome: Outcome, durationMs: number, source: 'call' | 'probe'): void;
  callEnded?(success: boolean, attempts: number, totalTimeMs: number): void;
}

/** Turns the batches of a `CallObserver` into one call of the listener per entry. */
export const eachCall = ({ leaseSettled, callEnded }: CallListener): CallObserver => ({
  onCallBatch: ({ settled, records, outcomes, probes, durationsMs, ended, successes, attempts, totalTimesMs }) => {
    for (let at = 0; at < settled; at += 1) {
      const source = probes[at] === 1 ? 'probe' : 'call';
      leaseSettled?.(records[at]!, OUTCOMES[outcomes[at]!]!, durationsMs[at]!, source);
    }
    for (let at = 0; at < ended; at += 1) callEnded?.(successes[at] === 1, attempts[at]!, totalTimesMs[at]!);
  },
});
