import { getOrCreate } from '../common/get-or-create';
import type { HeaderView, RateLimitReading } from '../vendors/contract/rate-limits';
import { AccountMeters } from './account-meters';
import { AccountParts } from './account-parts';
import type { LeaseTarget } from './key/key-input';
import { Account, membersOf } from './key/account';
import type { PoolLease } from './key-lease';
import type { KeyModelState, KeyRecord } from './key/key-record';
import { accountOfAnswer, accountOfRefusal, Contradictions, stateTheSame } from './limits/account-discovery';
import { partsOf, totalOf, type UsedTokens } from './limits/expected-tokens';
import type { FoundAccount } from './limits/found-account';
import { FirstContacts, LONG_PAUSE_MS } from './limits/first-contact';
import type { Budget, BudgetThreshold } from './limits/budget';
import { HardLimits, type KeyLimits, type Sharing } from './limits/hard-limits';
import { KeptLimits } from './limits/kept-limits';
import type { LearnedOfAccount } from './limits/part';
import { PriorRates } from './limits/prior-rates';
import type { PeriodMeter } from './limits/period-meter';
import { RateLimiter, type Priors, type RateLimitProfile } from './limits/rate-limiter';
import { RefusalCost } from './limits/refusal-cost';
import { refusedDimension } from './limits/refused-dimension';
import { SendLag } from './limits/send-lag';
import { statedOf, strictest } from './limits/stated-limits';
import type { ModelIndexes } from './selection/model-indexes';
import type { Settlement } from './state/settlement';

/** What the accounts need of their pool. */
interface AccountsOfPool {
  readonly indexes: ModelIndexes;
  readonly sharing: Readonly<Sharing>;
  readonly records: () => Iterable<KeyRecord>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The key is of another account now, or of none. */
  readonly rehoused: (record: KeyRecord) => void;
  /** This instance's parts have changed. */
  readonly partsChanged: () => void;
  /** The limits of this key alone have changed. */
  readonly limitLearned: (record: KeyRecord) => void;
  /** Answers have told something new of the account behind the key. */
  readonly accountFound: (record: KeyRecord) => void;
  /** So much of a budget is spent. */
  readonly budgetReached: (meter: PeriodMeter, percent: BudgetThreshold) => void;
  /** The first budget in US dollars counts some key. */
  readonly usdCounted: () => void;
}

/**
 * The accounts behind the keys of one pool, and their rate limits: what the vendor's headers state, what refusals teach, and what the user allows.
 * Keys share an account where the user says so (`quotaGroup`), or where answers name the same one; any other key has one of its own.
 */
export class PoolAccounts {
  readonly #declared = new Map<string, Account<KeyRecord>>();
  readonly #discovered = new Map<string, Account<KeyRecord>>();
  /** Keys whose answers contradict what they name. */
  readonly #apart = new WeakSet<KeyRecord>();
  readonly #left = new WeakMap<KeyRecord, Account<KeyRecord>>();
  readonly #evidence = new Contradictions<KeyRecord>();
  readonly #contacts = new FirstContacts<Account<KeyRecord> | KeyRecord>();
  readonly #priors = new Map<number, Priors>();
  readonly #lag = new SendLag();
  readonly #cost = new RefusalCost();
  readonly #kept = new KeptLimits();
  /** Some account has a limit of tokens, stated or known. */
  limitsTokens = false;
  /** How the vendor states its limits; without it only refusals and the user's limits count. */
  profile: (() => RateLimitProfile | undefined) | undefined;
  /** The vendor's name, as prices have it. */
  vendorName: () => string = () => '';
  #discovers = true;

  /** The limits by the day, and the budgets. */
  readonly meters: AccountMeters;
  /** What this instance has of the limits, where instances share them. */
  readonly parts: AccountParts;

  constructor(private readonly pool: AccountsOfPool) {
    this.parts = new AccountParts({
      records: pool.records,
      modelOf: (ordinal) => pool.indexes.modelOf(ordinal),
      told: (record, learned, now) => this.#told(record, learned, now),
      now: pool.now,
      partsChanged: pool.partsChanged,
      limitLearned: pool.limitLearned,
    });
    this.meters = new AccountMeters(
      pool,
      () => this.profile?.()?.dayTimeZone ?? 'UTC',
      () => this.vendorName(),
    );
  }

  /** Whether keys whose answers name the same account share it. Switched off, those that did share nothing any more. */
  set discovers(discovers: boolean) {
    this.#discovers = discovers;
    if (discovers) return;
    for (const { members } of [...this.#discovered.values()]) for (const record of [...members]) this.#separate(record);
  }

  /** Whether the vendor limits each model for itself. */
  get countsPerModel(): boolean {
    return this.profile?.()?.rateLimitScope !== 'key';
  }

  /** What answers have told of the account behind the key. */
  found(record: KeyRecord): FoundAccount | undefined {
    if (this.#apart.has(record)) return { isApart: true };
    return record.account?.from === 'discovered' ? { name: record.account.name } : undefined;
  }

  /** Takes over what was found before a restart, or by another instance. What was found here holds. */
  restore(record: KeyRecord, found: FoundAccount, now: number): void {
    if (found.isApart) {
      if (record.account?.from === 'discovered') this.#separate(record);
      this.#apart.add(record);
    } else if (record.account === undefined) this.#join(record, found.name, [], undefined, now);
  }

  /** The key has another token: its account may be another one. */
  replaced(record: KeyRecord): void {
    this.#apart.delete(record);
    if (record.account?.from === 'discovered') this.#separate(record);
  }

  add(record: KeyRecord): void {
    const { quotaGroup } = record;
    if (quotaGroup !== undefined)
      this.#enter(
        record,
        getOrCreate(this.#declared, quotaGroup, () => new Account<KeyRecord>(quotaGroup, 'declared')),
      );
    this.limit(record);
    // A key that joins a group has its rate limiters from the start.
    for (const { candidates } of this.siblings(record)) {
      for (const [ordinal, candidate] of record.candidates.entries())
        candidate.rateLimiter = candidates[ordinal]!.rateLimiter;
      return;
    }
    this.parts.joined(record);
  }

  remove(record: KeyRecord): void {
    const { account } = record;
    if (account !== undefined) this.#leave(record, account);
    this.meters.remove(record);
    if (account === undefined) return;
    this.#left.set(record, account);
    const [left] = account.keys;
    // What only this key's limits forbade, the others may now.
    if (left && account.from === 'declared') this.limit(left);
  }

  /** The account of a deleted key: its calls in flight still count there. */
  leftBy(record: KeyRecord): Account<KeyRecord> | undefined {
    return this.#left.get(record);
  }

  /** The account with this name. */
  named(name: string): Account<KeyRecord> | undefined {
    return this.#declared.get(name) ?? this.#discovered.get(name);
  }

  /** The other keys of the same account. */
  *siblings(record: KeyRecord): Iterable<KeyRecord> {
    for (const member of record.account?.members ?? []) if (member !== record) yield member;
  }

  /** Gives the key, and its whole declared account, the strictest of the limits stated for them; `changes` are for this key. */
  limit(record: KeyRecord, changes?: KeyLimits): void {
    if (changes) record.limits = statedOf({ ...record.limits, ...changes });
    const members = record.account?.from === 'declared' ? record.account.keys : [record];
    const limits = strictest(members.map((member) => member.limits));
    const known = members.find((member) => member.hardLimits !== undefined)?.hardLimits;
    const hard = limits && (known ?? new HardLimits(limits, this.pool.sharing));
    if (hard) {
      hard.limits = limits;
      hard.part = this.parts.of(record);
      if (limits.tokensPerMinute !== undefined) this.limitsTokens = true;
      if (hard !== known && hard.part < 1) this.parts.limitFound();
    }
    for (const member of members) {
      if (hard && member.hardLimits !== hard) hard.inFlight += member.inFlight;
      member.hardLimits = hard;
    }
    this.meters.assign(membersOf(record), record);
    if (this.meters.countsTokens) this.limitsTokens = true;
  }

  /** Gives the key these budgets, and its account those that are for all of it. */
  setBudgets(record: KeyRecord, budgets: readonly Budget[]): void {
    record.budgets = budgets;
    this.meters.assign(membersOf(record), record);
    if (this.meters.countsTokens) this.limitsTokens = true;
  }

  /** Reads the account and the rate limits in an answer's headers. False if nothing of them concerns the pool's choice. */
  answerSeen(lease: PoolLease, headers: HeaderView, now: number): boolean {
    const profile = this.profile?.();
    if (!profile) return false;
    const { candidate, model, startedAt } = lease;
    const { record } = candidate;
    const readings = profile.readRateLimits(headers, now);
    if (record.account === undefined) {
      const name = accountOfAnswer(headers, profile, record.route?.baseUrl);
      if (name !== undefined) this.#named(record, name, readings, model, now);
    }
    if (readings.length === 0) return false;
    const limiter = this.#limiterOf(record, model, now);
    const countedAt = this.#lag.countedAt(startedAt, now);
    if (record.account?.from === 'discovered' && this.#contradicts(record, limiter, readings, countedAt)) {
      this.#split(record);
      return this.answerSeen(lease, headers, now);
    }
    const wasKnown = limiter.hasHeaders;
    if (limiter.observe(readings, profile.limitKind, countedAt, now, profile.tokenBooking, lease.sent))
      this.parts.learned();
    if (limiter.countsTokens) this.limitsTokens = true;
    if (!wasKnown) {
      this.#contacts.ends(record.account ?? record);
      this.parts.limitFound();
    }
    return true;
  }

  /** A call with the key begins. On the hot path. */
  callStarted(lease: PoolLease, now: number): void {
    const { candidate, tokens } = lease;
    const { rateLimiter, record } = candidate;
    if (rateLimiter !== undefined) lease.sent = rateLimiter.started(tokens, now, record);
    const { hardLimits, meters } = record;
    if (meters !== undefined) this.meters.started(lease, meters, now);
    if (hardLimits === undefined) return;
    hardLimits.taken(now, tokens);
    lease.reservedIn = hardLimits;
  }

  /** A call ended, or what it is for is booked elsewhere. */
  callEnded(lease: PoolLease, wasGood: boolean, now: number): void {
    const { candidate, sent, tokens } = lease;
    if (candidate.rateLimiter !== undefined) {
      candidate.rateLimiter.ended(sent, wasGood, now);
      // The booking may be that of another call from now on. Of one that failed it may be asked yet.
      if (wasGood) lease.sent = undefined;
      if (wasGood && candidate.rateLimiter.hasHeaders) this.#lag.succeeded();
    }
    const hard = lease.reservedIn;
    if (hard === undefined) return;
    lease.reservedIn = undefined;
    hard.released(tokens);
    // Nobody said what it took.
    if (wasGood && tokens !== undefined) hard.used(tokens.input + tokens.output, now, false);
  }

  /** A call moves to the limits of a model of its own, which are not known yet. */
  callMoves(lease: PoolLease, now: number): void {
    lease.candidate.rateLimiter?.ended(lease.sent, false, now);
    lease.sent = undefined;
  }

  /** Tokens that a call turned out to have used so far. */
  used(lease: PoolLease, used: UsedTokens, now: number): void {
    this.meters.used(lease, used, now);
    const total = totalOf(used);
    if (!(total > 0)) return;
    const { candidate, tokens, reservedIn } = lease;
    const { hardLimits } = candidate.record;
    const isFirst = lease.usedSoFar === 0;
    const more = Math.max(0, total - lease.usedSoFar);
    lease.usedSoFar = Math.max(total, lease.usedSoFar);
    candidate.rateLimiter?.used(lease.sent, typeof used === 'number' ? partsOf(used, tokens) : used, now);
    if (reservedIn !== undefined) {
      reservedIn.released(tokens);
      lease.reservedIn = undefined;
    }
    if (hardLimits === undefined) return;
    hardLimits.used(more, now, isFirst);
  }

  /** A good answer has begun, or a call ended well. True if the account may be used more than before. */
  accepted(record: KeyRecord): boolean {
    return this.#contacts.answered(record.account ?? record);
  }

  /** A call was refused for a reason that is the account's, which the refusal may name. */
  refusalSeen({ candidate: { record }, model }: PoolLease, { account, reason }: Settlement, now: number): void {
    const profile = this.profile?.();
    if (record.account !== undefined || !profile) return;
    const name = accountOfRefusal({ account, reason }, profile, record.route?.baseUrl);
    if (name !== undefined) this.#named(record, name, [], model, now);
  }

  /** A call was refused for its rate. */
  refused(lease: PoolLease, settlement: Settlement, now: number): void {
    const { candidate, model, startedAt, sent, tokens } = lease;
    const { record } = candidate;
    const { reason, retryAfterMs, notBefore } = settlement;
    this.refusalSeen(lease, settlement, now);
    this.#contacts.ends(record.account ?? record);
    const limiter = this.#limiterOf(record, model, now);
    if (limiter.knewAt(startedAt)) this.#lag.refused();
    const waitMs = retryAfterMs ?? (notBefore && notBefore.getTime() - now);
    const dimension = reason === undefined ? undefined : refusedDimension(reason);
    const isNew = limiter.refused({ call: sent, sentAt: startedAt, tokens, waitMs, dimension }, now);
    if (!limiter.hasHeaders) this.parts.learned();
    if (isNew) this.parts.limitFound();
    if (limiter.countsTokens || dimension === 'tokens') this.limitsTokens = true;
  }

  /** Another instance has learned a rate of the key's account. True where a limit became known by it. */
  #told(record: KeyRecord, learned: LearnedOfAccount, now: number): boolean {
    const limiter = this.#limiterOf(record, learned.model, now);
    const wasLimited = limiter.isLimited;
    limiter.told(learned, now, this.profile?.()?.tokenBooking);
    if (limiter.countsTokens) this.limitsTokens = true;
    return !wasLimited && limiter.isLimited;
  }

  /** Whether not every call fits every key that can be chosen: then each is asked with `blockedFor`. */
  isChoosy(now: number): boolean {
    // Always asked: it forgets those that are met no longer.
    const isMeeting = this.#contacts.isMeeting(now);
    return isMeeting || this.limitsTokens || this.meters.isChoosy || this.#kept.size > 0;
  }

  /** Until when such a call may not go with this key, milliseconds since the epoch; 0 if it may go now. */
  blockedFor({ rateLimiter, record }: KeyModelState, target: LeaseTarget, now: number, canWait: boolean): number {
    const { tokens, holder } = target;
    const { hardLimits, meters } = record;
    if (this.#kept.size > 0) {
      if (rateLimiter?.keptFor !== undefined && rateLimiter.keptFor !== holder) return now + KEPT_MS;
      if (hardLimits?.keptFor !== undefined && hardLimits.keptFor !== holder) return now + KEPT_MS;
    }
    let until = rateLimiter === undefined ? 0 : rateLimiter.blockedFor(tokens, now);
    if (meters !== undefined) until = Math.max(until, this.meters.blockedFor(meters, target, now));
    if (hardLimits !== undefined)
      until = Math.max(until, tokens === undefined ? hardLimits.blockedUntil(now) : hardLimits.blockedFor(tokens, now));
    if (!canWait || !this.#contacts.isMeeting(now)) return until;
    const account = record.account ?? record;
    return Math.max(until, this.#contacts.blockedUntil(account, account.inFlight, now));
  }

  /** A key is chosen whose account was not used for long: it gets a few calls first. */
  meet(record: KeyRecord, now: number): void {
    const { account = record } = record;
    if (now - account.lastUsedAt > LONG_PAUSE_MS) {
      const isKnown = record.candidates.some(({ rateLimiter }) => rateLimiter?.hasHeaders);
      if (!isKnown) this.#contacts.begins(account, now);
    }
    if (account !== record) account.lastUsedAt = now;
  }

  /** Keeps an account for the holder. */
  keep(candidate: KeyModelState, holder: object): void {
    const kept = candidate.rateLimiter ?? candidate.record.hardLimits;
    if (kept !== undefined) this.#kept.keep(kept, holder);
  }

  keepsFor(holder: object): boolean {
    return this.#kept.has(holder);
  }

  giveBack(holder: object): void {
    this.#kept.giveBack(holder);
  }

  /** Puts the key among those whose answers name the same account, if their limits agree. */
  #named(
    record: KeyRecord,
    name: string,
    readings: readonly RateLimitReading[],
    model: string | undefined,
    now: number,
  ): void {
    if (this.#join(record, name, readings, model, now)) this.pool.accountFound(record);
  }

  /** True if the key shares the account from now on. */
  #join(
    record: KeyRecord,
    name: string,
    readings: readonly RateLimitReading[],
    model: string | undefined,
    now: number,
  ): boolean {
    if (!this.#discovers || this.#apart.has(record)) return false;
    const account = getOrCreate(this.#discovered, name, () => new Account<KeyRecord>(name, 'discovered'));
    const [sibling] = account.members;
    if (sibling !== undefined && readings.length > 0) {
      const { ordinal } = this.pool.indexes.forCall(model, now);
      const known = sibling.candidates[ordinal]!.rateLimiter?.stated ?? [];
      if (!stateTheSame(readings, known)) return false;
    }
    this.#enter(record, account);
    this.parts.joined(record);
    account.lastUsedAt = Math.max(account.lastUsedAt, record.lastUsedAt);
    for (const [ordinal] of record.candidates.entries()) {
      const candidates = membersOf(record).map((member) => member.candidates[ordinal]!);
      if (candidates.some(({ rateLimiter }) => rateLimiter !== undefined)) this.#shared(candidates, ordinal, now);
    }
    return true;
  }

  /** The key's own use shows in its answers, and that of its siblings does not: it is in an account of its own. */
  #contradicts(
    record: KeyRecord,
    limiter: RateLimiter,
    readings: readonly RateLimitReading[],
    countedAt: number,
  ): boolean {
    const found = limiter.surplusFor(record, readings, countedAt);
    return found !== undefined && this.#evidence.contradicts(record, found);
  }

  #split(record: KeyRecord): void {
    this.#apart.add(record);
    this.#separate(record);
    this.pool.accountFound(record);
  }

  #separate(record: KeyRecord): void {
    if (record.account) this.#leave(record, record.account);
    for (const candidate of record.candidates) {
      if (candidate.rateLimiter) candidate.rateLimiter.inFlight -= candidate.inFlight;
      candidate.rateLimiter = undefined;
    }
  }

  #enter(record: KeyRecord, account: Account<KeyRecord>): void {
    record.account = account;
    account.enter(record);
    this.pool.rehoused(record);
    if (account.from === 'discovered') this.meters.joined(record, account);
  }

  #leave(record: KeyRecord, account: Account<KeyRecord>): void {
    account.leave(record);
    record.account = undefined;
    this.pool.rehoused(record);
    this.meters.left(record, account);
    if (account.members.size > 0) return;
    (account.from === 'declared' ? this.#declared : this.#discovered).delete(account.name);
  }

  /** The rate limiter of the key and its account for one model, or for calls that name none; made if there is none. */
  #limiterOf(record: KeyRecord, model: string | undefined, now: number): RateLimiter {
    const members = membersOf(record);
    if (!this.countsPerModel)
      return this.#shared(
        members.flatMap((member) => member.candidates),
        0,
        now,
      );
    const ordinal = model === undefined ? 0 : this.pool.indexes.restricted(model, now).ordinal;
    return this.#shared(
      members.map((member) => member.candidates[ordinal]!),
      ordinal,
      now,
    );
  }

  /** One rate limiter for all these candidates: the first that one of them has, or a new one. */
  #shared(candidates: readonly KeyModelState[], ordinal: number, now: number): RateLimiter {
    const known =
      candidates.find(({ rateLimiter }) => rateLimiter?.hasHeaders) ??
      candidates.find(({ rateLimiter }) => rateLimiter !== undefined);
    const limiter = known?.rateLimiter ?? this.#newLimiter(candidates[0]!.record, ordinal, now);
    for (const candidate of candidates) {
      const { rateLimiter: other } = candidate;
      if (other === limiter) continue;
      if (other) {
        other.inFlight -= candidate.inFlight;
        limiter.absorb(other, now);
      }
      candidate.rateLimiter = limiter;
      limiter.inFlight += candidate.inFlight;
    }
    return limiter;
  }

  #newLimiter(record: KeyRecord, ordinal: number, now: number): RateLimiter {
    const priors = getOrCreate(this.#priors, ordinal, () => ({
      requests: new PriorRates(),
      tokens: new PriorRates(),
      cost: this.#cost,
    }));
    const limiter = new RateLimiter(priors);
    limiter.divide(this.parts.of(record), 0, now);
    return limiter;
  }
}

/** When to look again whether an account is still kept for another call. Milliseconds. */
const KEPT_MS = 250;
