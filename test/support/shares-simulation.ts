import type { Clock } from '../../src/key-management/common/clock';
import type {
  AccountDemand,
  GrantedPart,
  LearnedOfAccount,
  PartsPort,
} from '../../src/key-management/pool/limits/part';
import { LimitShares, type SharesLink } from '../../src/key-management/store/shares/limit-shares';
import type { Json } from '../../src/key-management/store/port/key-store';

/** What goes wrong between the instances and their store. Durations in milliseconds of true time. */
export interface Trouble {
  /** The longest that a write, a lock's answer or the news of a change is under way. */
  readonly delayMs: number;
  /** Of so many news one is lost; the instance reads everything anew within two seconds. */
  readonly lost: number;
  /** Clocks are at most this far from the true time, and run at most so much faster or slower. */
  readonly skewMs: number;
  readonly drift: number;
}

const NO_TROUBLE: Trouble = { delayMs: 2, lost: 0, skewMs: 0, drift: 0 };

const doNothing = (): void => undefined;

interface StoredField {
  readonly doc: string;
  readonly field: string;
  readonly value: Json;
  readonly version: number;
}

interface Lock {
  readonly holder: string;
  readonly until: number;
}

/** One store and its instances in virtual time, with clocks, delays and losses of their own, all decided by one seed. */
export class SharesSimulation {
  readonly instances: SimulatedInstance[] = [];
  readonly fields = new Map<string, StoredField>();
  readonly #locks = new Map<string, Lock>();
  readonly #events: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  /** After each event. */
  check: () => void = () => undefined;
  now = 1_000_000;
  upSince = 0;
  #isAway = false;
  writes = 0;
  #order = 0;
  #versions = 0;

  constructor(
    public random: () => number,
    public trouble: Trouble = NO_TROUBLE,
  ) {}

  start(id: string): SimulatedInstance {
    const instance = new SimulatedInstance(this, id);
    this.instances.push(instance);
    for (const other of this.alive) {
      if (other === instance) continue;
      other.sawInstance(id);
      instance.sawInstance(other.id);
    }
    instance.load();
    instance.shares.start();
    return instance;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  set isAway(isAway: boolean) {
    if (this.#isAway && !isAway) this.upSince = this.now;
    this.#isAway = isAway;
  }

  get alive(): SimulatedInstance[] {
    return this.instances.filter(({ isAlive }) => isAlive);
  }

  at(delayMs: number, run: () => void): () => void {
    const event = { at: this.now + Math.max(0, delayMs), order: this.#order++, run };
    this.#events.push(event);
    return () => {
      const place = this.#events.indexOf(event);
      if (place >= 0) this.#events.splice(place, 1);
    };
  }

  /** Until `ms` have gone by. */
  async run(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      let next = 0;
      for (let i = 1; i < this.#events.length; i += 1) {
        const [one, other] = [this.#events[i]!, this.#events[next]!];
        if (one.at < other.at || (one.at === other.at && one.order < other.order)) next = i;
      }
      const event = this.#events[next];
      if (!event || event.at > end) break;
      this.#events.splice(next, 1);
      this.now = event.at;
      event.run();
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
      this.check();
    }
    this.now = end;
  }

  delay(): number {
    return this.random() * this.trouble.delayMs;
  }

  write(from: SimulatedInstance, doc: string, field: string, value: Json | undefined): void {
    this.writes += 1;
    this.#versions += 1;
    const stored = { doc, field, value: value ?? null, version: this.#versions };
    const name = `${doc} ${field}`;
    if (value === undefined) {
      for (const each of this.fields.keys()) if (each.startsWith(`${doc} `)) this.fields.delete(each);
    } else this.fields.set(name, stored);
    for (const reader of this.alive) if (reader !== from) reader.deliver(stored, value === undefined);
  }

  /** As Redis has it: by the time of the store. */
  lock(name: string, holder: string, ttlMs: number): boolean {
    const held = this.#locks.get(name);
    if (held && held.holder !== holder && held.until > this.now) return false;
    this.#locks.set(name, { holder, until: this.now + ttlMs });
    return true;
  }

  unlock(name: string, holder: string): void {
    if (this.#locks.get(name)?.holder === holder) this.#locks.delete(name);
  }
}

export class SimulatedInstance implements Clock, SharesLink, PartsPort {
  readonly shares: LimitShares;
  readonly shared = true;
  isAlive = true;
  isAlone = false;
  /** Nothing goes from or to it. */
  isCutOff = false;
  partsWanted: (() => void) | undefined;
  readonly wants = new Map<string, number>();
  readonly bounds = new Map<string, number>();
  readonly quanta = new Map<string, number>();
  readonly parts = new Map<string, number>();
  #isShort = false;
  #flowing: { readonly accounts: readonly string[]; readonly total: number } | undefined;
  readonly #others = new Set<string>();
  readonly #skew: number;
  readonly #rate: number;
  /** The store takes what one instance writes in its order. */
  #writtenAt = 0;
  #toldAt = 0;
  /** When each of the writes under way was made, by its own clock. */
  readonly #waiting: number[] = [];
  readonly #versions = new Map<string, number>();
  readonly #instances;

  constructor(
    private readonly simulation: SharesSimulation,
    readonly id: string,
  ) {
    const { skewMs, drift } = simulation.trouble;
    this.#skew = (simulation.random() * 2 - 1) * skewMs;
    this.#rate = 1 + (simulation.random() * 2 - 1) * drift;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- Getters of another object.
    const instance = this;
    this.#instances = {
      get count() {
        return instance.#others.size + 1;
      },
      get others() {
        return instance.#others;
      },
      get isFirst() {
        return [...instance.#others].every((other) => other > id);
      },
      has: (other: string) => other === id || this.#others.has(other),
      onChange: doNothing,
      onGone: doNothing as (instance: string) => void,
    };
    this.shares = new LimitShares(this, id, this, this.#instances);
    this.shares.share('p', this);
  }

  // The clock

  now(): number {
    return Math.floor(this.simulation.now * this.#rate + this.#skew);
  }

  after(ms: number, callback: () => void): () => void {
    return this.simulation.at(ms / this.#rate, () => {
      if (this.isAlive) callback();
    });
  }

  // The store

  get up(): boolean {
    return !this.simulation.isAway && !this.isCutOff;
  }

  get upSince(): number | undefined {
    return this.up ? Math.floor(this.simulation.upSince * this.#rate + this.#skew) : undefined;
  }

  /** As if each write were taken when it is told. */
  get lagMs(): number {
    return this.#waiting.length > 0 ? this.now() - this.#waiting[0]! : 0;
  }

  put(doc: string, field: string, value: Json): void {
    this.#write(doc, field, value);
  }

  drop(doc: string): void {
    this.#write(doc, '', undefined);
  }

  setAside(doc: string, problem: string): void {
    throw new Error(`${doc}: ${problem}`);
  }

  askLock(name: string, ttlMs: number): Promise<boolean | undefined> {
    return this.#ask(() => this.simulation.lock(name, this.id, ttlMs));
  }

  async unlock(name: string): Promise<void> {
    await this.#ask(() => this.simulation.unlock(name, this.id));
  }

  deliver({ doc, field, value, version }: StoredField, isDrop: boolean): void {
    if (this.isCutOff) return;
    const { random, trouble } = this.simulation;
    if (random() < trouble.lost) {
      this.simulation.at(random() * 2_000, () => this.load());
      return;
    }
    this.#toldAt = Math.max(this.#toldAt, this.simulation.now + this.simulation.delay());
    this.simulation.at(this.#toldAt - this.simulation.now, () => {
      if (!this.isAlive || this.isCutOff) return;
      if (isDrop) this.shares.dropped(doc);
      else this.#take({ doc, field, value, version });
    });
  }

  /** Reads all that is stored. */
  load(): void {
    if (this.isAlive && this.up) for (const field of this.simulation.fields.values()) this.#take(field);
  }

  // The pool

  demands(): readonly AccountDemand[] {
    this.#flow();
    const isShort = this.#isShort || [...this.wants].some(([account, wanted]) => wanted > this.part(account));
    return Array.from(this.wants, ([account, wanted]) => ({
      account,
      wanted,
      isShort,
      bound: this.bounds.get(account) ?? 0,
      quantum: this.quanta.get(account) ?? 0.001,
      refillMs: 60_000,
    }));
  }

  grant(parts: ReadonlyMap<string, GrantedPart>): void {
    if (!this.isAlive) return;
    for (const [account, { fraction }] of parts) this.parts.set(account, fraction);
  }

  divide(parts: ReadonlyMap<string, GrantedPart> | undefined): void {
    this.isAlone = parts === undefined;
    this.parts.clear();
    for (const [account, { fraction }] of parts ?? []) this.parts.set(account, fraction);
  }

  /** What refusals have taught this instance. */
  learned: readonly LearnedOfAccount[] | undefined;
  /** What others have told it, the latest last. */
  readonly heard: LearnedOfAccount[] = [];

  takeLearned(): readonly LearnedOfAccount[] | undefined {
    const { learned } = this;
    this.learned = undefined;
    return learned;
  }

  told(learned: readonly LearnedOfAccount[]): void {
    this.heard.push(...learned);
  }

  /** Calls that any of these accounts may serve: they go where there is a part, and what is too much for the parts waits. */
  wantAny(accounts: readonly string[], total: number, quantum = 0.01): void {
    this.#flowing = { accounts, total };
    for (const account of accounts) this.quanta.set(account, quantum);
    this.#flow();
    if (total > 0 && !accounts.some((account) => this.part(account) >= quantum)) this.partsWanted?.();
  }

  #flow(): void {
    if (!this.#flowing) return;
    const { accounts, total } = this.#flowing;
    const held = accounts.reduce((sum, account) => sum + this.part(account), 0);
    for (const account of accounts) {
      const used = held > 0 ? (Math.min(total, held) * this.part(account)) / held : 0;
      this.wants.set(account, used);
    }
    this.#isShort = total > held + 1e-9;
  }

  /** Calls begin to wait, or end. */
  want(account: string, wanted: number, quantum = 0.001): void {
    this.wants.set(account, wanted);
    this.quanta.set(account, quantum);
    if (wanted > 0 && !(this.part(account) >= quantum)) this.partsWanted?.();
  }

  /** The store is there for it. */
  get isServed(): boolean {
    return this.up && this.lagMs < 2_000;
  }

  /** How many instances it knows, itself included. */
  get known(): number {
    return this.#others.size + 1;
  }

  part(account: string): number {
    if (!this.isAlive) return 0;
    return this.isAlone ? 1 : (this.parts.get(account) ?? 0);
  }

  /** What it uses or may use. */
  occupies(account: string): number {
    return this.isAlive ? Math.max(this.part(account), this.bounds.get(account) ?? 0) : 0;
  }

  kill(): void {
    this.isAlive = false;
  }

  sawInstance(id: string): void {
    this.#others.add(id);
    this.#instances.onChange();
  }

  goneInstance(id: string): void {
    if (!this.#others.delete(id)) return;
    this.#instances.onChange();
    this.#instances.onGone(id);
  }

  async stop(): Promise<void> {
    await this.shares.stop();
    this.parts.clear();
    this.bounds.clear();
    for (const other of this.simulation.alive) if (other !== this) other.goneInstance(this.id);
    this.isAlive = false;
  }

  #take({ doc, field, value, version }: StoredField): void {
    const name = `${doc} ${field}`;
    if ((this.#versions.get(name) ?? 0) >= version) return;
    this.#versions.set(name, version);
    this.shares.changed({ kind: 'set', doc, field, register: { value, version, tie: '' } });
  }

  #write(doc: string, field: string, value: Json | undefined): void {
    this.#writtenAt = Math.max(this.#writtenAt, this.simulation.now + this.simulation.delay());
    // As the outbox: what was given away is written though its writer may be dead by then.
    this.#waiting.push(this.now());
    this.simulation.at(this.#writtenAt - this.simulation.now, () => {
      this.#waiting.shift();
      if (this.up) this.simulation.write(this, doc, field, value);
    });
  }

  #ask<Answer>(work: () => Answer): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.simulation.at(this.simulation.delay(), () => {
        const answer = this.up ? work() : undefined;
        this.simulation.at(this.simulation.delay(), () => {
          if (this.isAlive) resolve(answer);
        });
      });
    });
  }
}
