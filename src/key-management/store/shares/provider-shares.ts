import type { AccountDemand, GrantedPart, PartsPort } from '../../pool/limits/part';
import { Holder, type Granted } from './holder';
import type { Claim, Grant, Leadership, Report } from './messages';
import { DRIFT_MS, LEASE_MS, RENEW_MS, REPORT_MS } from './timing';
import { isElsewhere, sameClaims, wantedParts } from './wanted-parts';

/** Reports that cannot wait are so far apart; milliseconds. */
const URGENT_MS = 20;
/** Reports are so far apart for some seconds after limits became known: demand is not known either then; milliseconds. */
const EARLY_MS = 250;
const EARLY_FOR_MS = 3_000;
/** Parts that nobody has used for so long are let go; milliseconds. */
const IDLE_MS = 15_000;
/** Calls that wait for so long though parts are not used up wait for another account; milliseconds. */
const STUCK_MS = 3_000;
/** Where no report is answered for so long, though the store takes what is written, nobody answers; milliseconds. */
const LOST_MS = 8_000;
/** So long after it began, or was alone, this instance answers each leader, though it needs nothing; milliseconds. */
const INTRODUCTION_MS = 10_000;
/** Demand that changes by less is no news. */
const NEWS = 0.25;

/** The instances of the app, as this one knows them. */
export interface KnownInstances {
  readonly count: number;
  /** The place of this instance in the order of preference for an account, from 0. */
  placeOf(account: string): number;
}

const NO_CLAIMS: ReadonlyMap<string, Claim> = new Map();
const NO_PARTS: ReadonlyMap<string, GrantedPart> = new Map();

/** What this instance asks of the accounts of one provider, and what it has of them. */
export class ProviderShares {
  readonly #holder = new Holder();
  #asked: ReadonlyMap<string, Claim> = NO_CLAIMS;
  #reportedAt = -Infinity;
  /** Since when nobody has answered what was asked for; undefined while reports are answered, and while nothing is wanted or used. */
  #askingSince: number | undefined;
  /** Since when nothing has been wanted or used; undefined while something is. */
  #idleSince: number | undefined = -Infinity;
  /** A call waits and there is no part; or the leader waits for an answer. */
  #isUrgent = false;
  /** Limits became known of which nothing was asked yet. */
  #isNew = false;
  #newAt = -Infinity;
  #isDue = false;
  #renewMs = RENEW_MS;
  #rounds = 0;
  #plannedAt = -Infinity;
  readonly #emptied = new Map<string, number>();
  #stuckSince: number | undefined;
  #fallbackUntil: number | undefined;
  #fellBackAt = -Infinity;
  /** Since when the store has been away, or comes and goes; */
  #awaySince: number | undefined;
  /** and since when it has been there again without a break. */
  #backSince: number | undefined;
  /** `none`: no other instance is known. All of every limit is this one's, and nothing is asked or said. */
  #others: 'unknown' | 'none' | 'some' = 'unknown';
  #introducesUntil = -Infinity;

  constructor(
    readonly name: string,
    private readonly port: PartsPort,
    private readonly instances: KnownInstances,
  ) {}

  get #isAlone(): boolean {
    return this.#others === 'none';
  }

  /** There is no other instance. */
  alone(): void {
    if (this.#isAlone) return;
    this.#others = 'none';
    this.#holder.endFallback();
    this.#asked = NO_CLAIMS;
    this.#isUrgent = this.#isNew = this.#isDue = false;
    this.port.divide(undefined);
  }

  /** There are others: what was all this one's is used until a leader says how much of it is. */
  joined(now: number): void {
    if (this.#others === 'some') return;
    const wasAlone = this.#isAlone;
    this.#others = 'some';
    this.#introducesUntil = now + INTRODUCTION_MS;
    if (!wasAlone) return;
    const demands = this.port.demands(now);
    const isUsed = demands.some(({ wanted, bound }) => wanted > 0 || bound > 0);
    const all = new Map(isUsed ? demands.map(({ account }) => [account, { fraction: 1, level: 0 }]) : []);
    if (isUsed) this.#holder.fallBack(all);
    this.port.divide(all);
    this.#fellBackAt = now;
    this.#fallbackUntil = undefined;
    this.#reportedAt = -Infinity;
    this.#idleSince = isUsed ? undefined : -Infinity;
    this.#isDue = isUsed;
  }

  /** A call waits for a part, or an account's limits became known. An instance that begins to use them is as one to which they are new. */
  wanted(now: number, isNew = false): void {
    this.#isNew ||= isNew || !this.isActive(now);
    this.#isUrgent = true;
  }

  /** The next report cannot wait: a call waits and there is no part at all, or limits became known, or the leader waits for an answer. */
  get #isPressing(): boolean {
    return this.#isDue || this.#isNew || (this.#isUrgent && !this.hasParts);
  }

  /** Something is wanted or used here, or was lately. */
  isActive(now: number): boolean {
    if (this.#isAlone) return false;
    return this.#isUrgent || this.#isDue || this.#idleSince === undefined || now - this.#idleSince < IDLE_MS;
  }

  /** The leader has not answered the last report for this long, milliseconds; 0 where it has. */
  unansweredMs(now: number): number {
    return this.#holder.isAnswered ? 0 : now - this.#reportedAt;
  }

  /** A report is to be sent at once. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** The greatest part that is used here without a leader's grant. */
  get ungranted(): number {
    return this.isFallback ? Math.max(0, ...this.#holder.parts.values()) : 0;
  }

  get isFallback(): boolean {
    return this.#holder.isFallback;
  }

  /** For how long what it has still lasts; milliseconds, Infinity where it has nothing that ends. */
  lastsMs(now: number): number {
    return this.hasParts && !this.isFallback ? this.#holder.endsAt - now : Infinity;
  }

  get hasParts(): boolean {
    return this.#holder.parts.size > 0;
  }

  /** It has used more than it may have by now, and is to say when it has not any more. */
  get owes(): boolean {
    for (const [account, { bound }] of this.#asked) if (bound > (this.#holder.parts.get(account) ?? 0)) return true;
    return false;
  }

  /** A leader was heard of: it is to hear what is held here. */
  follow(leadership: Leadership, now: number): void {
    if (!this.#holder.follow(leadership) || this.#isAlone) return;
    if (this.hasParts || this.#idleSince === undefined || now < this.#introducesUntil) this.#isDue = true;
  }

  granted(grant: Grant, now: number): void {
    if (this.#isAlone) return;
    const granted = this.#holder.granted(grant, now);
    this.#askingSince = this.#holder.isAnswered ? undefined : now;
    // Leases may be shorter than usual.
    this.#renewMs = Math.min(RENEW_MS, Math.max(REPORT_MS, grant.lastsMs / 2));
    if (!granted.isLess) {
      this.#apply(granted);
      return;
    }
    this.#isDue = true;
    const before = this.port.demands(now);
    this.#apply(granted);
    const after = new Map(this.port.demands(now).map(({ account, bound }) => [account, bound]));
    // What was used of it and is not bound here any more went with what was given back.
    for (const { account, bound } of before) {
      const gone = granted.changes.has(account) ? bound - (after.get(account) ?? 0) : 0;
      if (gone > 1e-6) this.#emptied.set(account, (this.#emptied.get(account) ?? 0) + gone);
    }
  }

  /** How far apart reports are. */
  #everyMs(now: number): number {
    return now - this.#newAt < EARLY_FOR_MS ? EARLY_MS : REPORT_MS;
  }

  /** What is to be said to the leader now, if anything. Only with a store that can be written. */
  report(now: number): Report | undefined {
    if (this.#isAlone) return undefined;
    const since = now - this.#reportedAt;
    const isPressing = this.#isPressing && since >= URGENT_MS;
    if (this.#isNew) this.#newAt = now;
    const isRegular = since >= this.#everyMs(now) && this.isActive(now);
    const owes = !isPressing && !isRegular && since >= URGENT_MS && this.owes;
    if (!isPressing && !isRegular && !owes) return undefined;
    const demands = this.port.demands(now);
    if (owes && !this.#isReleased(demands)) return undefined;
    if (isRegular) this.#lookForOthers(demands, now);
    const claims = this.#claims(demands, now);
    if (!isPressing && !owes && since < this.#renewMs && !isNews(this.#asked, claims)) return undefined;
    if (!this.#isActiveWith(claims, now) && !this.#isDue) return undefined;
    return this.#sent(claims, now);
  }

  /**
   * Ends what is over; and decides what may be used without the store. While the store is there, only a leader gives parts.
   * @param hasStore It is there, and takes what is written.
   */
  tick(now: number, hasStore: boolean): void {
    if (this.#isAlone) return;
    const isHeard = hasStore && !(this.#askingSince !== undefined && now - this.#askingSince >= LOST_MS);
    this.#noteStore(now, isHeard);
    if (!isHeard && (this.#holder.isFallback || now >= this.#holder.endsAt)) this.#fallBack(now);
    else if (!this.#holder.isFallback) this.#apply(this.#holder.expire(now));
    else if (this.#fallbackUntil !== undefined && now >= this.#fallbackUntil) this.#apply(this.#holder.endFallback());
  }

  #noteStore(now: number, isHeard: boolean): void {
    if (!isHeard) {
      this.#backSince = undefined;
      this.#awaySince ??= now;
      return;
    }
    this.#backSince ??= now;
    if (this.#holder.isAnswered || now - this.#backSince >= LEASE_MS) this.#awaySince = undefined;
  }

  /** Nothing is used any more. */
  end(): void {
    if (this.#isAlone) this.port.divide(NO_PARTS);
    this.#apply(this.#holder.endFallback());
  }

  /** The store is there again. What is used without it is used until a leader grants, but not for long. */
  cameUp(now: number): void {
    if (this.isActive(now)) this.#isDue = true;
    else if (this.#holder.isFallback) this.#apply(this.#holder.endFallback());
  }

  #fallBack(now: number): void {
    this.#fallbackUntil = undefined;
    if (this.#holder.isFallback && now - this.#fellBackAt < REPORT_MS) return;
    this.#fellBackAt = now;
    const equal = 1 / this.instances.count;
    // Until the leases of all others must be over, who had a part uses no more than it had. Who had none does not wait: no call waits for the store.
    const isLate = now - this.#awaySince! >= LEASE_MS + DRIFT_MS;
    const parts = new Map<string, GrantedPart>();
    for (const { account, quantum, refillMs } of this.port.demands(now)) {
      // Where an equal part is below one call, one instance has that call.
      const most = equal >= quantum - 1e-9 ? equal : this.instances.placeOf(account) === 0 ? quantum : 0;
      const had = this.#holder.parts.get(account);
      const fraction = isLate || had === undefined ? most : Math.min(most, had);
      // Others may have just used it: what refills within a lease is waited for.
      if (fraction > 0) parts.set(account, { fraction, level: refillMs < LEASE_MS ? 0 : 1 });
    }
    this.#apply(this.#holder.fallBack(parts));
  }

  /** What to ask for: planned anew at most once a second, unless there is no part at all. */
  #claims(demands: readonly AccountDemand[], now: number): Map<string, Claim> {
    const isPlanned = now - this.#plannedAt >= this.#everyMs(now) || this.#isNew || !this.hasParts;
    const situation = {
      demands,
      parts: this.#holder.parts,
      asked: isPlanned && !this.#holder.isAnswered ? NO_CLAIMS : this.#asked,
      instances: this.instances.count,
      placeOf: (account: string) => this.instances.placeOf(account),
      round: this.#rounds,
      emptied: this.#emptied,
      isNew: this.#isNew,
      isEarly: now - this.#newAt < EARLY_FOR_MS,
      isStuck: this.#stuckSince !== undefined && now - this.#stuckSince >= STUCK_MS,
    };
    if (!isPlanned) return sameClaims(situation);
    this.#plannedAt = now;
    this.#rounds += 1;
    return wantedParts(situation);
  }

  /** Whether there is anything to say: nothing is written of accounts that nobody uses. */
  #isActiveWith(claims: ReadonlyMap<string, Claim>, now: number): boolean {
    const isUsed = [...claims.values()].some(({ wanted, bound }) => wanted > 0 || bound > 0);
    if (isUsed) this.#idleSince = undefined;
    else this.#idleSince ??= now;
    if (!isUsed) {
      this.#isUrgent = false;
      this.#askingSince = undefined;
    }
    return isUsed || (claims.size > 0 && now - this.#idleSince! < IDLE_MS);
  }

  #sent(claims: ReadonlyMap<string, Claim>, now: number): Report {
    this.#asked = claims;
    this.#emptied.clear();
    this.#reportedAt = now;
    if (this.#idleSince === undefined) this.#askingSince ??= now;
    this.#isUrgent = false;
    this.#isNew = false;
    this.#isDue = false;
    if (this.#holder.isFallback) this.#fallbackUntil ??= now + LEASE_MS;
    return this.#holder.report(claims, now);
  }

  /** Since when calls have waited for other accounts than those that are held. */
  #lookForOthers(demands: readonly AccountDemand[], now: number): void {
    if (isElsewhere(demands, this.#holder.parts)) this.#stuckSince ??= now;
    else this.#stuckSince = undefined;
  }

  /** Whether less is bound by now of what is owed. */
  #isReleased(demands: readonly AccountDemand[]): boolean {
    return demands.some(({ account, bound, quantum }) => {
      const before = this.#asked.get(account)?.bound ?? 0;
      const part = this.#holder.parts.get(account) ?? 0;
      return before > part && bound < before && (bound <= part || before - bound >= quantum - 1e-9);
    });
  }

  #apply({ changes }: Granted): void {
    if (changes.size > 0) this.port.grant(changes);
  }
}

function isNews(before: ReadonlyMap<string, Claim>, now: ReadonlyMap<string, Claim>): boolean {
  for (const account of before.keys()) if (!now.has(account)) return true;
  for (const [account, { wanted, own, least }] of now) {
    const asked = before.get(account);
    if (isOther(wanted, asked?.wanted, least) || isOther(own, asked?.own, least)) return true;
  }
  return false;
}

/** Whether so much is news to whoever was told of so much `before`. */
const isOther = (now: number, before = 0, least: number): boolean =>
  Math.abs(now - before) > Math.max(NEWS * before, least / 2);
