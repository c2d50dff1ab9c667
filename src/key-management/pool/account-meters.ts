import { accountName, type Account } from './key/account';
import { getOrCreate } from '../common/get-or-create';
import type { Outcome } from '../vendors/contract/outcome';
import type { Prices } from '../usage/prices';
import type { Usage } from '../usage/usage';
import type { LeaseTarget } from './key/key-input';
import type { KeyRecord } from './key/key-record';
import type { PoolLease } from './key-lease';
import { amountOf, type Budget, type BudgetScope, type BudgetThreshold } from './limits/budget';
import { totalOf, type ExpectedTokens, type UsedParts, type UsedTokens } from './limits/expected-tokens';
import { amountFor, MeteredCall, type CallAmounts } from './limits/metered-call';
import { ASSUMED_TOKENS, PeriodMeter, type MeterTerms } from './limits/period-meter';

/**
 * Where counts of periods are kept and shared: what an instance uses it has claimed before, so that neither instances together nor an instance that
 * dies and starts again use more than the limit. Implemented by the pool.
 */
export interface MetersPort {
  /** From now on nothing is used that was not claimed. */
  claimFrom(claims: MeterClaims): void;
  /** The meters that count calls. */
  readonly meters: Iterable<PeriodMeter>;
  /** Something was granted. */
  granted(): void;
  /** A threshold is told of, once in the fleet. */
  tell(meter: PeriodMeter, percent: BudgetThreshold): void;
}

/** Whoever claims for the meters of a pool. */
export interface MeterClaims {
  /** Something of the meter is to be claimed, or told. */
  wanted(meter: PeriodMeter): void;
  /** Something of the meters was used. */
  used(meters: readonly PeriodMeter[]): void;
  /** Somebody wants to know what the other instances used: the meter is told of it. */
  look(meter: PeriodMeter): void;
}

/** What the meters need of their pool. */
interface MeteredPool {
  readonly now: () => number;
  readonly partsChanged: () => void;
  readonly budgetReached: (meter: PeriodMeter, percent: BudgetThreshold) => void;
  readonly usdCounted: () => void;
}

/** One limit of a period, as it is declared for some keys. */
type Declared = MeterTerms & { readonly limit: number };

/** Callers may make up names of models. */
const MOST_UNPRICED = 256;
/** Meters of keys that are gone are looked through when there are more. */
const MOST_UNUSED = 256;

const NOTHING_KNOWN: CallAmounts = Object.freeze({ tokens: undefined, usd: undefined });

/** The vendor refused a call with such an outcome before it worked on it, and charges nothing. */
const IS_FREE: ReadonlySet<Outcome> = new Set<Outcome>([
  'invalid_key',
  'quota_exceeded',
  'rate_limited',
  'model_unavailable',
  'permission_denied',
  'region_blocked',
  'request_exceeds_key_limit',
  'bad_request',
  'config_error',
  'overloaded',
  'server_error',
]);

/** The limits of a day and the budgets of the keys of one pool: which meters count the calls of which key, and what each call takes of them. */
export class AccountMeters implements MetersPort {
  /** What was used, by name: also where the limit was taken away meanwhile, or its keys. */
  readonly #meters = new Map<string, PeriodMeter>();
  /** How many keys each meter counts. */
  readonly #inUse = new Map<PeriodMeter, number>();
  /** The budgets that the provider's options state. */
  #ofProvider: readonly Budget[] = [];
  /** What was stated last for all keys of an account. */
  #statedFor = new WeakMap<Account<KeyRecord>, string>();
  /** Meters that count the calls of all keys. */
  #ofAll: readonly PeriodMeter[] = [];
  /** Claims what is used; undefined where this instance may use all. */
  #claims: MeterClaims | undefined;
  /** How many of the meters count tokens or their price, and how many the price. */
  #countingTokens = 0;
  #countingUsd = 0;
  /**
   * Models whose answers had no price that is known, with what they stated. An answer may name another one than its call, as of an alias: it is known
   * by then.
   */
  readonly #unpriced = new Map<string, ExpectedTokens>();
  /** What vendors ask for; without it no price is known. */
  prices: Prices | undefined;
  #latest: { tokens: ExpectedTokens | undefined; model: string | undefined; amounts: CallAmounts } | undefined;

  /**
   * @param dayZone The time zone of the vendor's day.
   * @param vendor The name of the vendor, as `prices` knows it.
   */
  constructor(
    private readonly pool: MeteredPool,
    private readonly dayZone: () => string,
    private readonly vendor: () => string,
  ) {}

  get meters(): Iterable<PeriodMeter> {
    return this.#inUse.keys();
  }

  /** The vendor that serves the keys, where budgets in US dollars count them and none of its prices is known. */
  get unpricedVendor(): string | undefined {
    const vendor = this.#countingUsd > 0 ? this.vendor() : undefined;
    return vendor !== undefined && this.prices?.knowsVendor?.(vendor) === false ? vendor : undefined;
  }

  /** How many are remembered. */
  get known(): number {
    return this.#meters.size;
  }

  claimFrom(claims: MeterClaims): void {
    this.#claims = claims;
    for (const meter of this.#meters.values()) this.#share(meter);
  }

  granted(): void {
    this.pool.partsChanged();
  }

  tell(meter: PeriodMeter, percent: BudgetThreshold): void {
    this.pool.budgetReached(meter, percent);
  }

  /** What the provider's options state: from then on for each key that is assigned. */
  set ofProvider(budgets: readonly Budget[]) {
    this.#ofProvider = budgets;
    this.#statedFor = new WeakMap();
  }

  /** Some meter counts what is not known before a call: what calls take is worth estimating. */
  get countsTokens(): boolean {
    return this.#countingTokens > 0;
  }

  /** The sizes of calls count: which key a call fits depends on what it takes. */
  get isChoosy(): boolean {
    return this.#countingTokens > 0 || this.#ofAll.length > 0;
  }

  /**
   * Gives keys the meters that count their calls, by the limits and budgets that are stated for them now.
   * @param members All keys of an account, or one of none.
   * @param changed The one whose settings or account changed. The others keep what they have, unless what is stated for all of them changed: an
   * account may have very many keys, which come one by one.
   */
  assign(members: readonly KeyRecord[], changed?: KeyRecord): void {
    const [first] = members;
    if (first === undefined) return;
    const { account } = first;
    const ofAll = this.#declaredForAll(first, members);
    const text = Array.from(ofAll, ([name, { limit }]) => `${name} ${limit}`).join();
    const isSame = account !== undefined && this.#statedFor.get(account) === text;
    if (account !== undefined) this.#statedFor.set(account, text);
    if (!isSame) for (const member of members) this.#assign(member, ofAll);
    else if (changed !== undefined) this.#assign(changed, ofAll);
  }

  #assign(record: KeyRecord, ofAll: ReadonlyMap<string, Declared>): void {
    const declared = this.#declaredFor(record, ofAll);
    if (declared.size === 0 && record.meters === undefined) return;
    const before = record.meters ?? [];
    const meters = Array.from(declared, ([name, { limit, ...terms }]) => {
      const meter = getOrCreate(this.#meters, name, () => this.#newMeter(terms));
      const keys = this.#inUse.get(meter) ?? 0;
      this.#inUse.set(meter, keys + 1);
      if (keys === 0) this.#noteUse(meter, 1);
      meter.limit = limit;
      return meter;
    });
    for (const meter of before) this.#leave(meter);
    record.meters = meters.length > 0 ? meters : undefined;
    for (const meter of meters) this.#claims?.wanted(meter);
  }

  /** The key counts alone from now on. */
  left(record: KeyRecord, account: Account<KeyRecord>): void {
    this.assign([record], record);
    this.assign(account.keys);
  }

  /** The key is no more. */
  remove(record: KeyRecord): void {
    if (record.meters === undefined) return;
    for (const meter of record.meters) this.#leave(meter);
  }

  /** The key counts with others from now on: what it was counted alone for goes with it. */
  joined(record: KeyRecord, account: Account<KeyRecord>): void {
    const before = record.meters ?? [];
    this.assign(account.keys, record);
    const now = this.pool.now();
    for (const former of before) {
      const { kind, scope, subject } = former.terms;
      if (kind !== 'budget' || scope !== 'account' || subject !== `key:${record.id}`) continue;
      this.#meters.get(nameOf({ ...former.terms, subject: account.sharedName }))?.absorb(former, now);
    }
  }

  /** A call begins. */
  started(lease: PoolLease, meters: readonly PeriodMeter[], now: number): void {
    const { model, tokens } = lease;
    const assumed = (): CallAmounts => this.#amountsOf(tokens ?? ASSUMED_TOKENS, model);
    lease.metered = new MeteredCall(meters, this.#expected(tokens, model), assumed, now);
    this.#tellDue(meters, now);
  }

  /** What a call has used in all, or so far. */
  used({ metered, model, startedAt }: PoolLease, used: UsedTokens, now: number): void {
    if (metered === undefined) return;
    const stated: UsedParts = typeof used === 'object' ? used : { input: used, output: 0 };
    const { tokens = totalOf(used), usd = this.#costOf(stated, model, startedAt), isPartial = false } = stated;
    if (isPartial) {
      metered.usedSoFar({ tokens, usd });
      return;
    }
    if (usd === undefined && tokens > 0) this.#lackedPrice(model, stated);
    metered.used({ tokens, usd }, now);
    this.#tellDue(metered.meters, now);
  }

  /** What a call that has ended turns out to have used. False where nothing counts it. */
  usedLate(lease: PoolLease, { inputTokens: input, outputTokens: output, costUsd: usd }: Usage, now: number): boolean {
    if (lease.metered === undefined) return false;
    this.used(lease, usd === undefined ? { input, output } : { input, output, usd }, now);
    return true;
  }

  /** A call ended. What nobody stated of it counts as it was expected, unless the vendor refused the call. */
  ended({ metered, wasAccepted }: PoolLease, outcome: Outcome, now: number): void {
    if (metered === undefined) return;
    metered.ended(wasAccepted || !IS_FREE.has(outcome), now);
    this.#tellDue(metered.meters, now);
  }

  /** Until when such a call may not go, milliseconds since the epoch; 0 if it may go now, Infinity where its price is not known and must be. */
  blockedFor(
    meters: readonly PeriodMeter[],
    { tokens, model }: Pick<LeaseTarget, 'tokens' | 'model'>,
    now: number,
  ): number {
    const amounts = this.#expected(tokens, model);
    let until = 0;
    for (const meter of meters) {
      const { unit } = meter.terms;
      if (unit === 'usd' && this.#lacksPrice(model)) return Infinity;
      until = Math.max(until, meter.blockedUntil(amountFor(unit, amounts), now));
    }
    return until;
  }

  /** Until when no key may be used for such a call, since a budget of the whole provider holds it back. */
  allBlockedFor(target: LeaseTarget, now: number): number {
    return this.#ofAll.length === 0 ? 0 : this.blockedFor(this.#ofAll, target, now);
  }

  /** Whether none of these keys may serve calls for the model: budgets in US dollars count them, and their price is not known. */
  lackPrice(model: string | undefined, keys: Iterable<KeyRecord>): boolean {
    if (!this.#lacksPrice(model)) return false;
    for (const record of keys)
      if (record.serves(model) && !record.meters?.some(({ terms }) => terms.unit === 'usd')) return false;
    return true;
  }

  /** Answers for the model state what they took, and nobody knows what that costs. A call that names no model may be for any. */
  #lacksPrice(model: string | undefined): boolean {
    if (this.#unpriced.size === 0 || this.#countingUsd === 0 || model === undefined) return false;
    const stated = this.#unpriced.get(model);
    if (stated === undefined) return false;
    // Prices have dates: one may have begun since.
    if (this.#costOf(stated, model) === undefined) return true;
    this.#unpriced.delete(model);
    return false;
  }

  #lackedPrice(model: string | undefined, { input, output }: ExpectedTokens): void {
    if (model === undefined || this.#countingUsd === 0) return;
    if (this.#unpriced.size >= MOST_UNPRICED) this.#unpriced.clear();
    this.#unpriced.set(model, { input, output });
  }

  /** What is stated for all keys of an account, or for one of none. */
  #declaredForAll(first: KeyRecord, members: readonly KeyRecord[]): Map<string, Declared> {
    const declared = new Map<string, Declared>();
    if (isDeclared(first)) this.#addDays(declared, first);
    for (const { budgets } of members)
      for (const budget of budgets)
        if (budget.scope === 'account') add(declared, this.#ofBudget(budget, 'account', first));
    return declared;
  }

  #declaredFor(record: KeyRecord, ofAll: ReadonlyMap<string, Declared>): Map<string, Declared> {
    const declared = new Map<string, Declared>();
    this.#addDays(declared, record);
    for (const budget of record.budgets)
      if (budget.scope !== 'account') add(declared, this.#ofBudget(budget, 'key', record));
    for (const budget of this.#ofProvider) add(declared, this.#ofBudget(budget, budget.scope ?? 'provider', record));
    for (const each of ofAll.values()) add(declared, each);
    return declared;
  }

  /** The limits by the day: those of a declared account are shared, as all that the user states for it. */
  #addDays(declared: Map<string, Declared>, record: KeyRecord): void {
    const { requestsPerDay, tokensPerDay } = record.hardLimits?.limits ?? {};
    const subject = isDeclared(record) ? record.account!.sharedName : `key:${record.id}`;
    const ofDay = { kind: 'limit', scope: 'account', subject, per: 'day', timeZone: this.dayZone } as const;
    if (requestsPerDay !== undefined) add(declared, { ...ofDay, unit: 'requests', limit: requestsPerDay });
    if (tokensPerDay !== undefined) add(declared, { ...ofDay, unit: 'tokens', limit: tokensPerDay });
  }

  #ofBudget(budget: Budget, scope: BudgetScope, record: KeyRecord): Declared {
    const { per, timeZone = 'UTC' } = budget;
    const subject = { key: `key:${record.id}`, account: accountName(record), provider: 'provider' }[scope];
    return { kind: 'budget', scope, subject, per, timeZone: () => timeZone, ...amountOf(budget) };
  }

  #newMeter(terms: MeterTerms): PeriodMeter {
    this.#forgetUnused();
    const meter = new PeriodMeter(terms);
    this.#share(meter);
    return meter;
  }

  #share(meter: PeriodMeter): void {
    const claims = this.#claims;
    if (claims)
      meter.claims(
        () => claims.wanted(meter),
        () => claims.look(meter),
      );
  }

  /** What was used of a period that is over concerns nobody once its keys are gone. Seldom: where keys come and go by the thousand. */
  #forgetUnused(): void {
    if (this.#meters.size <= 2 * this.#inUse.size + MOST_UNUSED) return;
    const now = this.pool.now();
    for (const [name, meter] of this.#meters)
      if (!this.#inUse.has(meter) && meter.used(now) === 0) this.#meters.delete(name);
  }

  #leave(meter: PeriodMeter): void {
    const left = (this.#inUse.get(meter) ?? 0) - 1;
    if (left > 0) this.#inUse.set(meter, left);
    else if (this.#inUse.delete(meter)) this.#noteUse(meter, -1);
  }

  #noteUse(meter: PeriodMeter, by: 1 | -1): void {
    const { unit, scope } = meter.terms;
    if (unit !== 'requests') this.#countingTokens += by;
    if (unit === 'usd') this.#countingUsd += by;
    if (unit === 'usd' && by === 1 && this.#countingUsd === 1) this.pool.usdCounted();
    if (scope === 'provider') this.#ofAll = Array.from(this.#inUse.keys()).filter(isOfProvider);
  }

  /** What a call is expected to take. Calls with many keys ask for the same one after the other. */
  #expected(tokens: ExpectedTokens | undefined, model: string | undefined): CallAmounts {
    if (tokens === undefined) return NOTHING_KNOWN;
    if (this.#latest?.tokens !== tokens || this.#latest.model !== model)
      this.#latest = { tokens, model, amounts: this.#amountsOf(tokens, model) };
    return this.#latest.amounts;
  }

  #amountsOf(tokens: ExpectedTokens, model: string | undefined): CallAmounts {
    const all = totalOf(tokens);
    return { tokens: all, usd: all === 0 ? 0 : this.#costOf(tokens, model) };
  }

  /** @param at When the call began, milliseconds since the epoch. Default now. */
  #costOf({ input, output }: ExpectedTokens, model: string | undefined, at?: number): number | undefined {
    if (this.#countingUsd === 0) return undefined;
    const rest = { cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
    const cost = (outputTokens: number): number | undefined =>
      this.prices?.costOf(this.vendor(), model, { inputTokens: input, outputTokens, ...rest }, at);
    // Models that write nothing, as those of embeddings, have no price for output.
    return cost(output) ?? (output > 0 ? cost(0) : undefined);
  }

  /** Thresholds are told of by whoever shares the meters, or at once where nobody does. */
  #tellDue(meters: readonly PeriodMeter[], now: number): void {
    this.#claims?.used(meters);
    for (const meter of meters) {
      const due = meter.dueThreshold(now);
      if (due === undefined) continue;
      if (this.#claims) this.#claims.wanted(meter);
      else {
        meter.told(due, meter.endsAt(now));
        this.tell(meter, due);
      }
    }
  }
}

const isOfProvider = ({ terms }: PeriodMeter): boolean => terms.scope === 'provider';

/** The user has said which keys share its account, and with it the limits that are stated. */
const isDeclared = ({ account }: KeyRecord): boolean => account?.from === 'declared';

/** Of several that count the same, the strictest holds. */
function add(declared: Map<string, Declared>, each: Declared): void {
  const name = nameOf(each);
  const known = declared.get(name);
  if (known === undefined || each.limit <= known.limit) declared.set(name, each);
}

/** Two with the same name count the same calls in the same period. */
const nameOf = ({ kind, scope, subject, unit, per, timeZone }: MeterTerms): string =>
  kind === 'limit' ? [kind, subject, unit].join(' ') : [kind, scope, subject, unit, per, timeZone()].join(' ');

/** What is counted, as a word for a store. */
export const storedNameOf = (terms: MeterTerms): string => (terms.kind === 'limit' ? terms.subject : nameOf(terms));
