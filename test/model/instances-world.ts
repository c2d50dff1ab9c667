import { ApiKey, keyIdOf } from '../../src/key-management/pool/key/api-key';
import type { KeyLease } from '../../src/key-management/pool/key-lease';
import type { KeySnapshot } from '../../src/key-management/pool/key/key-snapshot';
import { FakeClock, settle as promises } from '../support/fake-clock';
import { keyText } from '../support/key-text';
import { instance } from '../support/store-instance';
import { SharedStore, type Member } from './shared-store';
import { COUNTS_AGAINST } from './rules';
import { endAtFirst, look, type Broken } from './runs';
import type { InstancesSentence } from './instances-sentences';
import type { Said } from './settlements';

export const PROVIDER = 'openai';
/** The first two stand in the configuration of all instances, the others are added at run time. */
const CONFIGURED = [0, 1];
export const ADDED = [2, 3];
export const ALL = [...CONFIGURED, ...ADDED];
const IDS = ALL.map((n) => keyIdOf(keyText(n)));
const SECRET = 'a secret of the model tests';

type Instance = Awaited<ReturnType<typeof instance>>;
export type Admin = 'enabled' | 'disabled' | 'deleted';
export interface HeldLease {
  readonly i: number;
  readonly n: number;
  readonly real: KeyLease;
}

/** Plain sums, and who switched what. */
export class InstancesModel {
  readonly successes = ALL.map(() => 0);
  readonly errors = ALL.map(() => 0);
  readonly open: HeldLease[] = [];
  /** Per key: what the administrators of each instance did last. */
  readonly admin = ALL.map(() => new Map<number, Admin>());
  isAway = false;

  settled(n: number, { outcome }: Said): void {
    if (outcome === 'ok') this.successes[n]! += 1;
    if (COUNTS_AGAINST.has(outcome)) this.errors[n]! += 1;
  }
}

/** Two or three instances of the app, as far as keys and store go. */
export class InstancesWorld {
  readonly clock = new FakeClock();
  readonly store = new SharedStore();
  readonly instances: Instance[] = [];
  readonly members: Member[] = [];
  /** What each instance showed after the last command. */
  before: ReadonlyMap<string, KeySnapshot>[] = [];
  /** Keys that an administrator let back in this run, or deleted: that ends their cooldowns, in each instance when it hears of it. */
  readonly letBack = new Set<number>();
  #starts = 0;

  /** What did not hold so far. */
  readonly broken: Broken<InstancesSentence> = new Map();

  constructor(readonly sentences: readonly InstancesSentence[]) {}

  look(at: (sentence: InstancesSentence) => void): void {
    look(this.sentences, this.broken, at);
  }

  /** @param isChecked Whether its configured keys are checked at the start. */
  async start(i: number, isChecked = true): Promise<void> {
    this.#starts += 1;
    const made = await instance(this.store, this.clock, `${'abcz'[i]}${this.#starts}`, [SECRET]);
    this.instances[i] = made;
    this.members[i] = this.store.members.at(-1)!;
    for (const n of CONFIGURED) {
      if (isChecked) made.add(keyText(n));
      else made.pool.add(new ApiKey(keyText(n)), {}, 'configuration', 'configuration');
    }
    await this.quiet();
    this.before[i] = this.all(i);
  }

  /** Ends an instance in good order and starts it anew. */
  async restart(i: number): Promise<void> {
    await this.instances[i]!.link.close(1_000);
    await this.start(i);
  }

  add(i: number, n: number): void {
    this.instances[i]!.add(keyText(n), 'runtime');
  }

  has(i: number, n: number): boolean {
    return this.shown(i, n) !== undefined;
  }

  id(n: number): string {
    return IDS[n]!;
  }

  number(id: string): number {
    return IDS.indexOf(id);
  }

  shown(i: number, n: number): KeySnapshot | undefined {
    return this.instances[i]!.pools.get(PROVIDER, IDS[n]!);
  }

  all(i: number): Map<string, KeySnapshot> {
    return new Map(this.instances[i]!.pools.list().map((shown) => [shown.id, shown]));
  }

  probe(i: number, n: number): KeyLease {
    const { pool } = this.instances[i]!;
    return pool.leaseForProbe(pool.record(IDS[n]!)!);
  }

  /** Lets everything run that is ready to. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) await promises();
  }

  hold(model: InstancesModel): void {
    this.look(({ always }) => always?.(model, this));
    endAtFirst(this.sentences, this.broken);
    this.before = this.instances.map((_, i) => this.all(i));
  }

  /** Everything reaches everybody: how many rounds that took; more than 30 would be without end. */
  async exchange(model: InstancesModel): Promise<number> {
    if (this.store.isAway) this.store.mend();
    for (let round = 1; round <= 30; round += 1) {
      const written = this.store.journal.length;
      await this.clock.advance(2_000);
      for (const member of this.members) member.deliver(Infinity);
      await this.quiet();
      this.hold(model);
      const isDone =
        this.instances.every(({ link }) => link.backlog === 0) && this.members.every(({ inbox }) => inbox.length === 0);
      if (isDone && round > 3 && this.store.journal.length === written) return round;
    }
    return Infinity;
  }
}

export const isRemovedStatus = ({ status }: KeySnapshot): boolean =>
  status === 'invalid_key' || status === 'quota_exceeded';
