import type { Outcome } from '../../src/key-management/vendors/contract/outcome';
import { ApiKey, keyIdOf } from '../../src/key-management/pool/key/api-key';
import type { KeyInput } from '../../src/key-management/pool/key/key-input';
import type { KeyLease } from '../../src/key-management/pool/key-lease';
import type { KeyPool } from '../../src/key-management/pool/key-pool';
import { KeyPoolService } from '../../src/key-management/pool/key-pool.service';
import type { KeySnapshot } from '../../src/key-management/pool/key/key-snapshot';
import { isRemovedStatus } from '../../src/key-management/pool/key/key-state';
import { eachCall } from '../support/each-call';
import { FakeClock, seededRandom } from '../support/fake-clock';
import { keyText } from '../support/key-text';
import type { ModelLease, PoolModel } from './pool-model';
import { endAtFirst, look, type Broken } from './runs';
import type { Sentence } from './sentences';
import type { Said } from './settlements';

export const PROVIDER = 'openai';
const IDS = Array.from({ length: 8 }, (_, n) => keyIdOf(keyText(n)));
const NUMBERS = new Map(IDS.map((id, n) => [id, n]));

/** Keys of every kind: plain, two of one group, for one model, with a limit, and a plain one that is added later or not. */
export const INPUTS: readonly Omit<KeyInput, 'key'>[] = [
  {},
  { quotaGroup: 'group' },
  { quotaGroup: 'group' },
  { models: ['x'] },
  { limits: { concurrency: 1 } },
  {},
];

/** The real pool, seen as its users see it, and the sentences that it is held to. */
export class PoolWorld {
  readonly clock = new FakeClock();
  readonly pools = new KeyPoolService(this.clock, seededRandom(1));
  readonly pool: KeyPool = this.pools.ensurePool(PROVIDER);
  readonly open = new Map<ModelLease, KeyLease>();
  /** What the pool told of calls that were settled. */
  readonly settledOutcomes = new Map<Outcome, number>();
  /** What it told of keys that left. */
  removals = 0;

  constructor(readonly sentences: readonly Sentence[]) {
    this.pools.observe({
      callsOf: () =>
        eachCall({
          leaseSettled: (_, outcome, __, source) => {
            if (source === 'call') this.settledOutcomes.set(outcome, (this.settledOutcomes.get(outcome) ?? 0) + 1);
          },
        }),
      keyChanged: (_, event) => {
        if (event.type !== 'status_changed') return;
        if (isRemovedStatus(event.to) && !isRemovedStatus(event.from)) this.removals += 1;
      },
    });
  }

  get now(): number {
    return this.clock.now();
  }

  id(n: number): string {
    return IDS[n]!;
  }

  number(id: string): number {
    return NUMBERS.get(id)!;
  }

  shown(n: number): KeySnapshot | undefined {
    return this.pools.get(PROVIDER, IDS[n]!);
  }

  add(n: number): void {
    this.pool.add(new ApiKey(keyText(n)), INPUTS[n]!, 'configuration', 'configuration');
  }

  probe(n: number): KeyLease {
    return this.pool.leaseForProbe(this.pool.record(IDS[n]!)!);
  }

  /** What did not hold so far. */
  readonly broken: Broken<Sentence> = new Map();

  look(at: (sentence: Sentence) => void): void {
    look(this.sentences, this.broken, at);
  }

  /** A call of the test's own is being settled. */
  protected isSettling = false;

  settle(lease: ModelLease, said: Said): void {
    this.isSettling = true;
    this.open.get(lease)!.settle(said);
    this.isSettling = false;
    this.open.delete(lease);
  }

  /** A key was asked for, and this one, or none, was handed out. */
  took(model: PoolModel, real: KeyLease | undefined, wanted: string | undefined): void {
    const lease = this.handedOut(model, real?.keyId, wanted, false);
    if (lease && real) this.open.set(lease, real);
  }

  handedOut(model: PoolModel, id: string | undefined, wanted: string | undefined, isManaged: boolean) {
    const n = id === undefined ? undefined : this.number(id);
    this.look(({ leased }) => leased?.(model, this, n, wanted, isManaged));
    const key = n === undefined ? undefined : model.keys.get(n);
    return key && model.leased(key, wanted, this.now, isManaged);
  }

  /** Holds the pool to its sentences, then lets the model see what the rules leave open. */
  hold(model: PoolModel): void {
    this.look(({ always }) => always?.(model, this));
    endAtFirst(this.sentences, this.broken);
    for (const n of model.keys.keys()) {
      const shown = this.shown(n);
      if (shown) model.adopt(n, shown, this.now);
    }
  }
}
