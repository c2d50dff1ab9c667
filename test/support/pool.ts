import { keyText } from './key-text';
import type { Random } from '../../src/key-management/common/clock';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import type { BudgetThresholdEvent, KeyEvent } from '../../src/key-management/pool/key-events';
import type { KeySettings } from '../../src/key-management/pool/key/key-input';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import type { KeyRecord } from '../../src/key-management/pool/key/key-record';
import { eachCall } from './each-call';
import { FakeClock, seededRandom } from './fake-clock';

export interface SettledLease {
  readonly keyId: string;
  readonly outcome: string;
  readonly durationMs: number;
  readonly source: string;
}

/** One pool with a fake clock and a seeded random source, which records its events and settled leases. */
export class TestPool {
  readonly clock = new FakeClock();
  readonly events: KeyEvent[] = [];
  readonly budgetEvents: BudgetThresholdEvent[] = [];
  readonly #settled: SettledLease[] = [];
  freed = 0;
  /** The keys whose probe was asked for at once. */
  readonly probesWanted: KeyRecord[] = [];
  readonly pool: KeyPool;

  constructor(seed = 1, random: Random = seededRandom(seed)) {
    const observer = {
      keyChanged: (_record: KeyRecord, event: KeyEvent) => void this.events.push(event),
      budgetReached: (event: BudgetThresholdEvent) => void this.budgetEvents.push(event),
      probeWanted: (record: KeyRecord) => void this.probesWanted.push(record),
      keyFreed: () => void (this.freed += 1),
    };
    this.pool = new KeyPool('openai', observer, this.clock, random);
    const calls = eachCall({
      leaseSettled: ({ id: keyId }, outcome, durationMs, source) =>
        void this.#settled.push({ keyId, outcome, durationMs, source }),
    });
    this.pool.calls.observe([calls]);
  }

  get settled(): readonly SettledLease[] {
    this.pool.calls.flush();
    return this.#settled;
  }

  /** Adds a key in state `unchecked`. */
  addUnchecked(n: number, input: KeySettings = {}): KeyRecord {
    return this.pool.add(new ApiKey(keyText(n)), input, 'configuration', 'configuration');
  }

  /** Adds a key and lets its check succeed. */
  add(n: number, input: KeySettings = {}): KeyRecord {
    const record = this.addUnchecked(n, input);
    this.pool.leaseForProbe(record).settle('ok');
    return record;
  }

  addMany(count: number, input?: KeySettings): KeyRecord[] {
    return Array.from({ length: count }, (_, n) => this.add(n, input));
  }
}

export { keyText };
