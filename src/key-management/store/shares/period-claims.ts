import { createHash } from 'node:crypto';
import type { Clock } from '../../common/clock';
import { storedNameOf, type MetersPort } from '../../pool/account-meters';
import type { BudgetThreshold } from '../../pool/limits/budget';
import type { MeterWant, PeriodMeter } from '../../pool/limits/period-meter';
import type { FieldChange, Json, StoredDocument } from '../port/key-store';
import type { DocumentOwner, KnownDocument } from '../sync/document-owner';
import type { StoreLink } from '../sync/store-link';
import { claimIn, claimJson, isLess, leftOf, nextClaim, TOLD, toldIn, toldJson, type Claim } from './claims';

/** A document per period that is counted: `day-limits/<provider>/<hash>`, in which each instance has a register of its own. */
const CLAIMS = 'day-limits/';
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
/** Documents of what is not used any more are dropped after this. Milliseconds. */
const OLD_MS = 2 * 24 * 60 * 60_000;
/** So few documents are read one by one, and more all together. */
const FEW = 8;

/** A meter with the document of its present period. */
interface MeterDocument {
  readonly meter: PeriodMeter;
  readonly doc: string;
}

/** A meter with what is to be done about it. */
interface Due extends MeterDocument {
  readonly want: MeterWant | undefined;
  readonly threshold: BudgetThreshold | undefined;
}

/** What is done about it. */
interface Grant {
  readonly meter: PeriodMeter;
  /** The threshold that is to be told of. */
  readonly percent: BudgetThreshold | undefined;
  /** The claim is written: from now on it may be used. */
  readonly take: (now: number) => void;
}

/** What of the instances is needed. */
interface ClaimingInstances {
  readonly count: number;
  has(instance: string): boolean;
}

/**
 * What instances may use of the limits of a day and of budgets: each claims a little in the store before it uses it, one after the other under a lock, and
 * claims more when that is nearly used up. The claims of all instances, also of those that are gone, never add up to more than the limit. What
 * an instance has used of its claim it writes soon after; of one that died without a word, all that it had claimed counts as used.
 */
export class PeriodClaims implements DocumentOwner {
  readonly prefix = CLAIMS;
  readonly #ports = new Map<string, MetersPort>();
  /** What this instance has claimed, by document. */
  readonly #own = new Map<string, Claim>();
  /** What others have claimed, by document and instance, as it was last heard. */
  readonly #others = new Map<string, Map<string, Claim>>();
  /** The thresholds that were told of, by document. */
  readonly #told = new Map<string, Json>();
  /** The periods of which a part was taken without the store. */
  readonly #fallbacks = new Map<PeriodMeter, number>();
  readonly #documents = new WeakMap<PeriodMeter, { readonly endsAt: number; readonly doc: string }>();
  #isStarted = false;
  #isStopped = false;
  #isRunning = false;
  #isDue = false;
  #cancelRetry: (() => void) | undefined;
  #cancelReport: (() => void) | undefined;

  constructor(
    private readonly link: StoreLink,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly instances: ClaimingInstances,
  ) {}

  share(provider: string, port: MetersPort): void {
    this.#ports.set(provider, port);
    port.claimFrom({
      wanted: () => this.#soon(),
      used: () => this.#reportLater(),
      look: (meter) => this.#show({ meter, doc: this.#documentOf(provider, meter, this.clock.now()) }),
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
    this.#cancelRetry?.();
    this.#cancelReport?.();
    for (const each of this.#allMeters()) this.#giveBack(each);
  }

  /** The provider's pool is closed: what was claimed for it and not used is given back. */
  unshare(provider: string): void {
    const now = this.clock.now();
    for (const meter of this.#ports.get(provider)?.meters ?? []) {
      this.#giveBack({ meter, doc: this.#documentOf(provider, meter, now) });
      this.#fallbacks.delete(meter);
    }
    this.#ports.delete(provider);
  }

  providerOf(doc: string): string | undefined {
    return doc.split('/')[1];
  }

  placesOf(provider: string): readonly string[] {
    return [placeOf(provider)];
  }

  passedBy(document: StoredDocument): void {
    if (isPast(document, this.clock.now())) this.link.drop(document.doc);
  }

  forget(provider: string): void {
    for (const known of [this.#own, this.#others, this.#told])
      for (const doc of known.keys()) if (doc.startsWith(placeOf(provider))) known.delete(doc);
  }

  #giveBack({ meter, doc }: MeterDocument): void {
    const now = this.clock.now();
    const own = this.#own.get(doc);
    if (own?.endsAt === meter.endsAt(now)) this.#put(doc, meter, meter.used(now), now);
  }

  /** Claims are read again when more is to be claimed. What they say of its use is shown, and what nobody needs any more is dropped. */
  merge(document: StoredDocument): void {
    const { doc, registers } = document;
    if (isPast(document, this.clock.now())) this.link.drop(doc);
    else for (const [name, { value }] of Object.entries(registers)) this.#heard(doc, name, value);
  }

  changed(change: FieldChange): void {
    if (change.kind !== 'set') return;
    this.#heard(change.doc, change.field, change.register.value);
  }

  merged(): void {
    for (const each of this.#allMeters()) this.#show(each);
  }

  *known(): Iterable<KnownDocument> {
    for (const [doc, claim] of this.#own) yield { doc, registers: { [this.instanceId]: claimJson(claim) }, maxima: {} };
  }

  #heard(doc: string, name: string, value: Json): void {
    if (name === this.instanceId) return;
    if (name === TOLD) {
      this.#told.set(doc, value);
      return;
    }
    const claim = claimIn(value);
    const others = this.#others.get(doc) ?? new Map<string, Claim>();
    const before = others.get(name);
    if (claim) others.set(name, claim);
    this.#others.set(doc, others);
    if (before === undefined || claim === undefined || !isLess(claim, before)) return;
    for (const each of this.#allMeters()) if (each.doc === doc) each.meter.givenBack(claim.endsAt);
  }

  /** Tells a meter what the others have used: of those that are gone, all that they had claimed. */
  #show({ meter, doc }: MeterDocument): void {
    const endsAt = meter.endsAt(this.clock.now());
    const told = toldIn(this.#told.get(doc));
    if (told) meter.told(told.percent, told.endsAt);
    meter.othersUsed(this.#usedByOthers(doc, meter, endsAt), endsAt);
  }

  #usedByOthers(doc: string, { terms: { unit } }: PeriodMeter, endsAt: number): number {
    let sum = 0;
    for (const [instance, { endsAt: theirs, claimed, used }] of this.#others.get(doc) ?? [])
      if (theirs === endsAt) sum += (this.instances.has(instance) ? used?.[unit] : undefined) ?? claimed[unit] ?? 0;
    return sum;
  }

  *#metersOf(provider: string): Iterable<MeterDocument> {
    const now = this.clock.now();
    for (const meter of this.#ports.get(provider)?.meters ?? [])
      yield { meter, doc: this.#documentOf(provider, meter, now) };
  }

  #allMeters() {
    return Array.from(this.#ports.keys()).flatMap((provider) => [...this.#metersOf(provider)]);
  }

  /** The document of the meter's present period. */
  #documentOf(provider: string, meter: PeriodMeter, now: number): string {
    const endsAt = meter.endsAt(now);
    let known = this.#documents.get(meter);
    if (known?.endsAt !== endsAt)
      this.#documents.set(meter, (known = { endsAt, doc: documentOf(provider, meter, endsAt) }));
    return known.doc;
  }

  #soon(): void {
    if (!this.#isStarted || this.#isStopped) return;
    this.#isDue = true;
    if (this.#isRunning || this.#cancelRetry) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    // Whoever asked is through by then.
    await Promise.resolve();
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      let retryMs: number | undefined;
      for (const [provider, port] of this.#ports) {
        const due = this.#due(provider);
        if (due.length > 0) retryMs = (await this.#claim(provider, port, due)) ?? retryMs;
      }
      if (retryMs === undefined) continue;
      this.#retryAfter(retryMs);
      break;
    }
    this.#isRunning = false;
  }

  #due(provider: string): readonly Due[] {
    const now = this.clock.now();
    const due: Due[] = [];
    for (const { meter, doc } of this.#metersOf(provider)) {
      const each = { meter, doc, want: meter.want(now), threshold: meter.dueThreshold(now) };
      if (each.want !== undefined || each.threshold !== undefined) due.push(each);
    }
    return due;
  }

  #retryAfter(ms: number): void {
    const retry = (): void => {
      this.#cancelRetry = undefined;
      this.#soon();
    };
    this.#cancelRetry = this.clock.after(ms, retry, false);
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
    const now = this.clock.now();
    for (const { meter, doc } of this.#allMeters()) {
      const { unit } = meter.terms;
      const own = this.#own.get(doc);
      if (own?.endsAt !== meter.endsAt(now)) continue;
      this.#show({ meter, doc });
      if (meter.dueThreshold(now) !== undefined) this.#soon();
      if (own.used?.[unit] !== meter.used(now)) this.#put(doc, meter, own.claimed[unit] ?? 0, now);
    }
  }

  #forgetOld(): void {
    const before = this.clock.now() - OLD_MS;
    for (const [doc, { endsAt }] of this.#own) if (endsAt < before) this.#own.delete(doc);
    for (const [doc, others] of this.#others) {
      for (const [instance, { endsAt }] of others) if (endsAt < before) others.delete(instance);
      if (others.size === 0) this.#others.delete(doc);
    }
    for (const [doc, told] of this.#told) if ((toldIn(told)?.endsAt ?? 0) < before) this.#told.delete(doc);
  }

  /** Claims what is wanted, and tells what is to be told. Answers after which time to try again, if it could not; milliseconds. */
  async #claim(provider: string, port: MetersPort, due: readonly Due[]): Promise<number | undefined> {
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
      await Promise.all(due.map(({ doc }) => this.link.saved(doc)));
      const now = this.clock.now();
      // By then another may have the lock. What is written counts; it is used when it was read back.
      if (shared && now - since > LOCK_MS / 2) return RETRY_MS;
      for (const { take } of grants) take(now);
      port.granted();
      return undefined;
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
  #next({ meter, doc, want }: Due, stored: StoredDocument | undefined): Grant {
    const at = this.clock.now();
    const endsAt = want?.endsAt ?? meter.endsAt(at);
    const registers = Object.entries(stored?.registers ?? {});
    const claims = registers.flatMap(([name, { value }]) => (name === TOLD ? [] : [claimIn(value)]));
    if (claims.length > 0 && claims.every((claim) => claim === undefined || claim.endsAt < endsAt - PAST_MS))
      this.link.drop(doc);
    for (const [name, { value }] of registers) this.#heard(doc, name, value);
    this.#show({ meter, doc });
    const next = want && nextClaim(want, this.#takenByOthers(doc, meter, endsAt), meter.terms.unit);
    if (next) this.#put(doc, meter, next.claimed, at);
    // What others said by now of their use counts, too.
    const percent = meter.dueThreshold(at);
    if (percent !== undefined) {
      meter.told(percent, endsAt);
      this.link.put(doc, TOLD, toldJson(endsAt, percent));
    }
    return { meter, percent, take: (now) => next && meter.granted({ ...want, ...next }, now) };
  }

  #takenByOthers(doc: string, { terms: { unit } }: PeriodMeter, endsAt: number): number {
    let taken = 0;
    for (const claim of this.#others.get(doc)?.values() ?? [])
      if (claim.endsAt === endsAt) taken += claim.claimed[unit] ?? 0;
    return taken;
  }

  /** Without the store each instance has an equal part of what was left, once a period. */
  #fallBack(port: MetersPort, due: readonly Due[]): number {
    if (this.link.up) return AWAY_MS;
    const now = this.clock.now();
    for (const { meter, doc, want, threshold } of due) {
      if (threshold !== undefined) {
        const endsAt = meter.endsAt(now);
        meter.told(threshold, endsAt);
        this.link.put(doc, TOLD, toldJson(endsAt, threshold));
        port.tell(meter, threshold);
      }
      if (want === undefined || this.#fallbacks.get(meter) === want.endsAt) continue;
      this.#fallbacks.set(meter, want.endsAt);
      const { unit } = meter.terms;
      const taken = want.claimed + this.#takenByOthers(doc, meter, want.endsAt);
      const part = leftOf(want.limit, taken, unit) * (this.link.shared ? 1 / this.instances.count : 1);
      const claimed = want.claimed + (unit === 'usd' ? part : Math.floor(part));
      meter.granted({ ...want, claimed, isSpent: false }, now);
    }
    port.granted();
    return AWAY_MS;
  }

  /** Writes what this instance has claimed, and what of it is used. Calls that took more than was expected have used more than was claimed. */
  #put(doc: string, meter: PeriodMeter, claimed: number, now: number): void {
    const { unit } = meter.terms;
    const endsAt = meter.endsAt(now);
    const known = this.#own.get(doc);
    const own = known?.endsAt === endsAt ? known : undefined;
    const used = meter.used(now);
    const claim: Claim = {
      endsAt,
      claimed: { ...own?.claimed, [unit]: Math.max(claimed, used) },
      used: { ...own?.used, [unit]: used },
    };
    this.#own.set(doc, claim);
    this.link.put(doc, this.instanceId, claimJson(claim));
  }
}

const placeOf = (provider: string): string => `${CLAIMS}${provider}/`;

/** Whether all claims are of periods that are long over. */
function isPast({ registers }: StoredDocument, now: number): boolean {
  const claims = Object.entries(registers).flatMap(([name, { value }]) => (name === TOLD ? [] : [claimIn(value)]));
  return claims.length > 0 && claims.every((claim) => claim === undefined || claim.endsAt < now - OLD_MS);
}

/** Short periods have a document for each day: the registers of instances that are gone would add up in one that is always in use. */
function documentOf(provider: string, { terms }: PeriodMeter, endsAt: number): string {
  const isShort = terms.per === 'minute' || terms.per === 'hour';
  const name = storedNameOf(terms) + (isShort ? ` ${new Date(endsAt).toISOString().slice(0, 10)}` : '');
  return `${placeOf(provider)}${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
