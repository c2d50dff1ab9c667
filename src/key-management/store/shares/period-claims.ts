import type { Clock } from '../../common/clock';
import type { MetersPort } from '../../pool/account-meters';
import type { BudgetUnit } from '../../pool/limits/budget';
import type { PeriodMeter } from '../../pool/limits/period-meter';
import type { FieldChange, Json, StoredDocument } from '../port/key-store';
import type { DocumentOwner, KnownDocument } from '../sync/document-owner';
import type { StoreLink } from '../sync/store-link';
import { claimIn, claimJson, leftOf, nextClaim, TOLD, toldIn, toldJson, type Claim } from './claims';
import type { Due, Grant, SharedPool } from './due-claims';
import { CLAIMS, isPast, PeriodDocuments, placeOf, type MeterDocument } from './period-documents';
import { OthersClaims, type ClaimingInstances } from './others-claims';

/** A claim is made under this lock; what was not written by half of the time is not used. Milliseconds. */
const LOCK_MS = 6_000;
/** Another instance claims: the next try is after this. Milliseconds. */
const RETRY_MS = 40;
/** The store is away: it is asked again after this. Milliseconds. */
const AWAY_MS = 1_000;
/** What was used is written this often while it changes. Milliseconds. */
const REPORT_MS = 1_000;
/** Documents of a period that ended this long ago are begun anew: clocks differ. Milliseconds. */
const PAST_MS = 60 * 60_000;
/** Documents of what is not used any more are dropped after this, and looked for once in a while. Milliseconds. */
const OLD_MS = 2 * 24 * 60 * 60_000;
const FORGET_MS = 10 * 60_000;
/** An instance that has written nothing for this long may count as gone by now, and what it has claimed be another's. Milliseconds. */
const TRUSTED_MS = 6_000;
/** So few documents are read one by one, and more all together. */
const FEW = 8;

/** What this instance has claimed. */
interface OwnClaim extends Claim {
  readonly upTo: NonNullable<Claim['upTo']>;
  /** In which epoch each unit was claimed. It holds in that one alone: afterwards, what of it was not granted may be another's. */
  readonly epochs: Readonly<Partial<Record<BudgetUnit, number>>>;
}

/**
 * What instances may use of the limits of a day and of budgets: each claims a little in the store before it uses it, one after the other under a lock, and
 * claims more when that is nearly used up. The claims of all instances never add up to more than the limit. Of its claim an instance uses no more than it
 * has written that it may use: what is in use, and what is used within the next second. That is written without a lock, and what was used soon after.
 * So of an instance that died without a word, what it may have used is known to a second, and the rest of its claim is free again.
 */
export class PeriodClaims implements DocumentOwner {
  readonly prefix = CLAIMS;
  readonly #pools = new Map<string, SharedPool>();
  /** What this instance has claimed, by document. */
  readonly #own = new Map<string, OwnClaim>();
  /** The present epoch, and when something was last written in it. Milliseconds since the epoch of the clock. */
  #epoch = 0;
  #writtenAt = -Infinity;
  readonly #others: OthersClaims;
  /** The thresholds that were told of, by document. */
  readonly #told = new Map<string, Json>();
  /** The periods of which a part was taken without the store. */
  readonly #fallbacks = new Map<PeriodMeter, number>();
  readonly #documents = new PeriodDocuments();
  #forgotAt = 0;
  #isStarted = false;
  #isStopped = false;
  #isRunDue = false;
  readonly #retries = new Set<() => void>();

  #cancelReport: (() => void) | undefined;

  constructor(
    private readonly link: StoreLink,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly instances: ClaimingInstances,
  ) {
    this.#others = new OthersClaims(link, instances, clock, (doc, endsAt) => this.#freed(doc, endsAt));
  }

  share(provider: string, port: MetersPort): void {
    const pool: SharedPool = {
      provider,
      port,
      wanting: new Set(port.meters),
      changed: new Set(),
      granting: new Set(),
      isClaiming: false,
    };
    this.#pools.set(provider, pool);
    port.claimFrom({
      wanted: (meter) => {
        pool.wanting.add(meter);
        this.#soon();
      },
      used: (meters) => {
        for (const meter of meters) pool.changed.add(meter);
        this.#reportLater();
      },
      look: (meter) => this.#show(this.#withDocument(provider, meter)),
    });
  }

  /** The store is open, or away. */
  start(): void {
    this.#isStarted = true;
    this.#soon();
  }

  /** Gives back what was claimed and not used. Before the store is closed. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#retries) cancel();
    this.#cancelReport?.();
    this.#others.stop();
    for (const each of this.#allMeters()) this.#giveBack(each);
  }

  /** The provider's pool is closed: what was claimed for it and not used is given back. */
  unshare(provider: string): void {
    for (const each of this.#metersIn(provider)) {
      this.#giveBack(each);
      this.#documents.drop(each);
      this.#fallbacks.delete(each.meter);
    }
    this.#pools.delete(provider);
  }

  providerOf(doc: string): string | undefined {
    return doc.split('/')[1];
  }

  placesOf(provider: string): readonly string[] {
    return [placeOf(provider)];
  }

  passedBy(document: StoredDocument): void {
    if (isPast(document, this.clock.now() - OLD_MS)) this.link.drop(document.doc);
  }

  forget(provider: string): void {
    const place = placeOf(provider);
    for (const known of [this.#own, this.#told])
      for (const doc of known.keys()) if (doc.startsWith(place)) known.delete(doc);
    this.#others.forgetUnder(place);
  }

  /** An instance that was there has gone, or died. */
  gone(): void {
    if (!this.#isStopped) this.#others.settle();
  }

  #freed(doc: string, endsAt: number): void {
    for (const meter of this.#documents.metersOf(doc)) {
      this.#show({ meter, doc });
      meter.givenBack(endsAt);
    }
  }

  #giveBack({ meter, doc }: MeterDocument): void {
    const now = this.clock.now();
    const own = this.#own.get(doc);
    const used = meter.used(now);
    if (own?.endsAt === meter.endsAt(now)) this.#put(doc, meter, { claimed: used, upTo: used }, now);
  }

  /** Claims are read again when more is to be claimed. What they say of its use is shown, and what nobody needs any more is dropped. */
  merge(document: StoredDocument): void {
    const { doc, registers } = document;
    if (isPast(document, this.clock.now() - OLD_MS)) this.link.drop(doc);
    else for (const [name, { value }] of Object.entries(registers)) this.#heard(doc, name, value, true);
  }

  changed(change: FieldChange): void {
    if (change.kind !== 'set') return;
    this.#heard(change.doc, change.field, change.register.value, true);
  }

  merged(): void {
    for (const each of this.#allMeters()) this.#show(each);
  }

  *known(): Iterable<KnownDocument> {
    for (const [doc, claim] of this.#own) yield { doc, registers: { [this.instanceId]: claimJson(claim) }, maxima: {} };
  }

  /** @param isNews It was written since this was last heard; otherwise it may be as known. */
  #heard(doc: string, name: string, value: Json, isNews: boolean): void {
    if (name === this.instanceId) return;
    if (name === TOLD) {
      this.#told.set(doc, value);
      return;
    }
    this.#others.heard(doc, name, claimIn(value), isNews);
  }

  /** Tells a meter what the others have used: of those that are gone, what they may have used. */
  #show({ meter, doc }: MeterDocument): void {
    const endsAt = meter.endsAt(this.clock.now());
    const told = toldIn(this.#told.get(doc));
    if (told) meter.told(told.percent, told.endsAt);
    meter.othersUsed(this.#others.usedIn(doc, endsAt, meter.terms.unit), endsAt);
  }

  *#metersIn(provider: string): Iterable<MeterDocument> {
    for (const meter of this.#pools.get(provider)?.port.meters ?? []) yield this.#withDocument(provider, meter);
  }

  #allMeters(): MeterDocument[] {
    return Array.from(this.#pools.keys()).flatMap((provider) => [...this.#metersIn(provider)]);
  }

  /** The meter with the document of its present period. */
  #withDocument(provider: string, meter: PeriodMeter): MeterDocument {
    return this.#documents.of(provider, meter, this.clock.now());
  }

  /** Whoever asks is through by then. */
  #soon(): void {
    if (!this.#isStarted || this.#isStopped || this.#isRunDue) return;
    this.#isRunDue = true;
    queueMicrotask(() => {
      this.#isRunDue = false;
      if (!this.#isStopped) for (const pool of this.#pools.values()) this.#run(pool);
    });
  }

  /** Grants what is claimed already, at once, and claims the rest, one claim after the other. */
  #run(pool: SharedPool): void {
    const { shared, up } = this.link;
    if (shared && up && this.clock.now() - this.#writtenAt >= TRUSTED_MS) this.#epoch += 1;
    const [near, far]: [Due[], Due[]] = [[], []];
    for (const each of this.#due(pool)) {
      const isNear = this.#isNear(each);
      if (!isNear && pool.isClaiming) continue;
      pool.wanting.delete(each.meter);
      (isNear ? near : far).push(each);
    }
    if (near.length > 0) void this.#grant(pool, near, false);
    if (far.length === 0) return;
    pool.isClaiming = true;
    void this.#grant(pool, far, true);
  }

  async #grant(pool: SharedPool, due: readonly Due[], isClaim: boolean): Promise<void> {
    for (const { meter } of due) pool.granting.add(meter);
    const retryMs = await (isClaim ? this.#claim(pool, due) : this.#raise(pool, due));
    for (const { meter } of due) pool.granting.delete(meter);
    if (retryMs === undefined) {
      if (isClaim) pool.isClaiming = false;
      this.#soon();
      return;
    }
    for (const { meter } of due) pool.wanting.add(meter);
    if (this.#isStopped) return;
    const cancel = this.clock.after(
      retryMs,
      () => {
        this.#retries.delete(cancel);
        if (isClaim) pool.isClaiming = false;
        this.#soon();
      },
      false,
    );
    this.#retries.add(cancel);
  }

  #due({ provider, wanting, granting }: SharedPool): readonly Due[] {
    const now = this.clock.now();
    const due: Due[] = [];
    for (const meter of wanting) {
      if (granting.has(meter)) continue;
      const each = { want: meter.want(now), threshold: meter.dueThreshold(now) };
      if (each.want === undefined && each.threshold === undefined) wanting.delete(meter);
      else due.push({ ...each, ...this.#withDocument(provider, meter) });
    }
    return due;
  }

  /** While something is used, what it comes to is written from time to time: it counts if this instance dies, and others show it. */
  #reportLater(): void {
    if (this.#isStopped || !this.#isStarted) return;
    this.#cancelReport ??= this.clock.after(
      REPORT_MS,
      () => {
        this.#cancelReport = undefined;
        this.#report();
        this.#forgetOld();
      },
      false,
    );
  }

  #report(): void {
    for (const pool of this.#pools.values()) {
      const meters = [...pool.changed];
      pool.changed.clear();
      for (const meter of meters) if (this.#reportOne(pool, meter)) pool.changed.add(meter);
      if (pool.changed.size > 0) this.#reportLater();
    }
  }

  /** Whether there will be more to report, though nothing is used until then. */
  #reportOne({ provider, wanting, granting }: SharedPool, meter: PeriodMeter): boolean {
    const now = this.clock.now();
    const { doc } = this.#withDocument(provider, meter);
    const { unit } = meter.terms;
    const own = this.#own.get(doc);
    if (own?.endsAt !== meter.endsAt(now)) return false;
    this.#show({ meter, doc });
    if (meter.dueThreshold(now) !== undefined) {
      wanting.add(meter);
      this.#soon();
    }
    // What is granted just now, or without the store, stands.
    const mayTrim = this.link.up && !granting.has(meter);
    const upTo = mayTrim ? meter.trim(now) : (own.upTo[unit] ?? 0);
    if (own.used?.[unit] !== meter.used(now) || own.upTo[unit] !== upTo)
      this.#put(doc, meter, { claimed: own.claimed[unit] ?? 0, upTo }, now);
    return !mayTrim || meter.isAhead;
  }

  #forgetOld(): void {
    const now = this.clock.now();
    if (now - this.#forgotAt < FORGET_MS) return;
    this.#forgotAt = now;
    const before = now - OLD_MS;
    for (const [doc, { endsAt }] of this.#own) if (endsAt < before) this.#own.delete(doc);
    this.#others.forget(before);
    for (const [doc, told] of this.#told) if ((toldIn(told)?.endsAt ?? 0) < before) this.#told.delete(doc);
    this.#documents.forget(before);
  }

  /** What is wanted is claimed already. */
  #isNear({ threshold, ...each }: Due): boolean {
    const { want } = each;
    if (want === undefined || threshold !== undefined || !this.link.up) return false;
    return this.#spareOf(each) >= (want.isSpent ? want.needed : want.wished);
  }

  /** What of its claim it may still be granted. */
  #spareOf({ meter, doc, want }: Omit<Due, 'threshold'>): number {
    const own = this.#own.get(doc);
    const holds = own?.endsAt === want?.endsAt && own?.epochs[meter.terms.unit] === this.#epoch;
    return holds ? (want?.spare ?? 0) : 0;
  }

  /** Grants what is claimed already. Answers after which time to try again, if it could not; milliseconds. */
  async #raise({ port }: SharedPool, due: readonly Due[]): Promise<number | undefined> {
    const since = this.clock.now();
    for (const { meter, doc, want } of due) {
      const { claimed, spare, wished } = want!;
      this.#put(doc, meter, { claimed: claimed + spare, upTo: claimed + Math.min(spare, wished) }, since);
    }
    try {
      return (await this.#take(port, due, since)) ? undefined : RETRY_MS;
    } catch {
      return this.#fallBack(port, due);
    }
  }

  /** What was put is used once it is written; false where that took too long. @throws StoreError */
  async #take(port: MetersPort, grants: readonly Grant[], since: number): Promise<boolean> {
    await Promise.all(grants.map(({ doc }) => this.link.saved(doc)));
    const now = this.clock.now();
    // By then another may have the lock. What is written counts; it is used when it was read back.
    if (this.link.shared && now - since > LOCK_MS / 2) return false;
    this.#writtenAt = since;
    for (const { meter, doc, want, isSpent } of grants) {
      const own = this.#own.get(doc);
      if (want === undefined || own?.endsAt !== want.endsAt) continue;
      const { unit } = meter.terms;
      const [claimed, all] = [own.upTo[unit] ?? 0, own.claimed[unit] ?? 0];
      meter.granted({ ...want, claimed, spare: all - claimed, isSpent: isSpent ?? want.isSpent }, now);
    }
    port.granted();
    return true;
  }

  /** Claims what is wanted, and grants it; tells what is to be told. Answers as `#raise`. */
  async #claim({ provider, port }: SharedPool, due: readonly Due[]): Promise<number | undefined> {
    const { shared } = this.link;
    const lock = CLAIMS + provider;
    const since = this.clock.now();
    const isHeld = shared ? await this.link.askLock(lock, LOCK_MS) : true;
    if (isHeld === false) return RETRY_MS;
    if (isHeld === undefined) return this.#fallBack(port, due);
    let grants: readonly Grant[] = [];
    try {
      const documents = await this.#read(provider, due);
      // What was not used has been given back by then.
      if (this.#isStopped) return undefined;
      grants = due.map((each) => this.#next(each, documents.get(each.doc)));
      return (await this.#take(port, grants, since)) ? undefined : RETRY_MS;
    } catch {
      return this.#fallBack(port, due);
    } finally {
      // Whoever has the lock next has read by then that it is told.
      for (const { meter, percent } of grants) if (percent !== undefined) port.tell(meter, percent);
      if (shared) await this.link.unlock(lock);
    }
  }

  async #read(provider: string, due: readonly Due[]): Promise<ReadonlyMap<string, StoredDocument>> {
    const docs = [...new Set(due.map(({ doc }) => doc))];
    const prefixes = docs.length <= FEW ? docs : [placeOf(provider)];
    const read = await Promise.all(prefixes.map((prefix) => this.link.read(prefix)));
    return new Map(read.flat().map((each) => [each.doc, each]));
  }

  /** The next claim of one meter, which is put into the outbox. */
  #next(due: Due, stored: StoredDocument | undefined): Grant {
    const { meter, doc, want } = due;
    const at = this.clock.now();
    const endsAt = want?.endsAt ?? meter.endsAt(at);
    const registers = Object.entries(stored?.registers ?? {});
    if (stored && isPast(stored, endsAt - PAST_MS)) this.link.drop(doc);
    for (const [name, { value }] of registers) this.#heard(doc, name, value, false);
    this.#show({ meter, doc });
    const { unit } = meter.terms;
    let isSpent: boolean | undefined;
    if (want !== undefined) {
      const held = want.claimed + this.#spareOf(due);
      const needed = Math.max(0, want.claimed + want.needed - held);
      const next = nextClaim({ ...want, claimed: held, needed }, this.#others.takenIn(doc, endsAt, unit), unit);
      isSpent = next.isSpent;
      this.#put(doc, meter, { ...next, upTo: Math.min(next.claimed, want.claimed + want.wished) }, at, this.#epoch);
    }
    // What others said by now of their use counts, too.
    const percent = meter.dueThreshold(at);
    if (percent !== undefined) {
      meter.told(percent, endsAt);
      this.link.put(doc, TOLD, toldJson(endsAt, percent));
    }
    return { meter, doc, want, percent, ...(isSpent !== undefined && { isSpent }) };
  }

  /** Without the store each instance has what it had claimed, and an equal part of what was left, once a period. */
  #fallBack(port: MetersPort, due: readonly Due[]): number {
    if (this.link.up) return AWAY_MS;
    const now = this.clock.now();
    for (const each of due) {
      const { meter, doc, want, threshold } = each;
      if (threshold !== undefined) {
        const endsAt = meter.endsAt(now);
        meter.told(threshold, endsAt);
        this.link.put(doc, TOLD, toldJson(endsAt, threshold));
        port.tell(meter, threshold);
      }
      if (want === undefined || this.#fallbacks.get(meter) === want.endsAt) continue;
      this.#fallbacks.set(meter, want.endsAt);
      const { unit } = meter.terms;
      const held = want.claimed + this.#spareOf(each);
      const taken = held + this.#others.takenIn(doc, want.endsAt, unit);
      const part = leftOf(want.limit, taken, unit) * (this.link.shared ? 1 / this.instances.count : 1);
      const claimed = held + (unit === 'usd' ? part : Math.floor(part));
      meter.granted({ endsAt: want.endsAt, version: want.version, claimed, isSpent: false }, now);
      // What is granted here nobody has claimed.
      const own = this.#own.get(doc);
      if (own) this.#own.set(doc, { ...own, epochs: { ...own.epochs, [unit]: undefined } });
    }
    port.granted();
    return AWAY_MS;
  }

  /** Writes what this instance has claimed, may use of it, and has used. Calls that took more than was expected have used more than was granted. */
  #put(
    doc: string,
    meter: PeriodMeter,
    given: { readonly claimed: number; readonly upTo: number },
    now: number,
    epoch?: number,
  ): void {
    const { unit } = meter.terms;
    const endsAt = meter.endsAt(now);
    const known = this.#own.get(doc);
    const own = known?.endsAt === endsAt ? known : undefined;
    const used = meter.used(now);
    const upTo = Math.max(given.upTo, used);
    const claim: OwnClaim = {
      endsAt,
      claimed: { ...own?.claimed, [unit]: Math.max(given.claimed, upTo) },
      used: { ...own?.used, [unit]: used },
      upTo: { ...own?.upTo, [unit]: upTo },
      epochs: epoch === undefined ? (own?.epochs ?? {}) : { ...own?.epochs, [unit]: epoch },
    };
    this.#own.set(doc, claim);
    this.link.put(doc, this.instanceId, claimJson(claim));
  }
}
