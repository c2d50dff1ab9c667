import type { RedactedText } from '../../classification/redaction/redact';
import type { ApiKey } from './api-key';
import type { Timed } from '../../common/time-heap';
import { statedBudget, type Budget } from '../limits/budget';
import type { HardLimits, KeyLimits } from '../limits/hard-limits';
import { QUANTA, type PeriodMeter } from '../limits/period-meter';
import type { RateLimiter } from '../limits/rate-limiter';
import type { Account } from './account';
import type { ToldExpiry } from './key-expiry';
import type { KeyFunds } from './key-funds';
import type { KeySettings, RecordOrigin } from './key-input';
import type { KeyRoute } from './key-route';
import { KeyTokens } from './key-tokens';
import type { KeyUsage } from './key-usage';
import {
  UNCHECKED,
  isCoolingDown,
  isRemoved,
  type Cooldown,
  type FailureStreak,
  type KeyState,
  type KeyStatus,
} from './key-state';
import { Rating, RatingTable } from './rating';
import { trialEndsAt, type OnTrial, type Trial } from './trial';
import type { Outcome } from '../../vendors/contract/outcome';

/** Most keys have no settings of their own: they share these objects, which saves memory per key. */
const NO_LIMITS: KeyLimits = Object.freeze({});
const NO_CANDIDATES: KeyModelState[] = [];
/** Few keys have a base URL or headers of their own: a field for them would cost every key. */
const ROUTES = new WeakMap<KeyRecord, KeyRoute>();
/** The same of keys with short-lived tokens. */
const TOKENS = new WeakMap<KeyRecord, KeyTokens>();
/** When keys end that do so, and what was told of it; milliseconds since the epoch. */
const EXPIRIES = new WeakMap<KeyRecord, { at: number | undefined; told: ToldExpiry | undefined }>();
/** What is left of those keys of which it is known. */
const FUNDS = new WeakMap<KeyRecord, KeyFunds>();
/** The budgets of keys that have some. */
const BUDGETS = new WeakMap<KeyRecord, readonly Budget[]>();
const NO_BUDGETS: readonly Budget[] = Object.freeze([]);
/** The names of the sources of keys that have one. */
const SOURCES = new WeakMap<KeyRecord, string>();
/**
 * Why a key is out of use that its vendor may take: one bit each. An administrator switched it off; its `expiresAt` is over; its source gives it no
 * longer, and the calls in flight end.
 */
export const OFF = { administrator: 1, expired: 2, gone: 4 } as const;
export type OffReason = keyof typeof OFF;
const NO_SETTINGS = '{}';
/** What a trial is taken to follow where its cause is not known any more: a good answer has ended the streak of failures. */
const RATE_LIMITED = { outcome: 'rate_limited' } as const;
const sharedText = (settings: string): string => (settings === NO_SETTINGS ? NO_SETTINGS : settings);

/** What the configuration says of a key, as it is compared with what it said before. */
export const configuredText = ({ route: _route, tokens: _tokens, ...input }: KeySettings): string =>
  sharedText(JSON.stringify(input));

/** Everything that the pool knows of one key. Only the key's pool writes it. */
export class KeyRecord extends Rating implements OnTrial {
  // The fields that every call touches come first and together: they share cache lines of the processor.
  state: KeyState = UNCHECKED;
  failureStreak: FailureStreak | undefined = undefined;
  trial: Trial = 'none';
  trialSince = 0;
  /** The record of the outlier detection; undefined while no call of the key failed lately. */
  suspicion: Suspicion | undefined = undefined;
  /** The key has left its pool: leases that are still open are counted when they settle, and change nothing. */
  deleted = false;
  /** The account that it shares with other keys; undefined where it shares with none. */
  account: Account<KeyRecord> | undefined = undefined;
  /** The limits that the user stated; the keys of a quota group share one object. */
  hardLimits: HardLimits | undefined = undefined;
  /** What counts its calls by the day, or against budgets; undefined where nothing does. */
  meters: readonly PeriodMeter[] | undefined = undefined;
  successCount = 0;
  errorCount = 0;
  /** The bits of `OFF` that hold; 0 while the key is in use. Only `KeyStates` changes it. */
  off = 0;
  /** One bit for each `UsedKeys` list that holds the key. */
  usedKeyListsMask = 0;
  /** The part of these counters that the store has. `KeyStatistics` writes both: a table of its own would take five times the memory. */
  persistedSuccessCount = 0;
  persistedErrorCount = 0;
  /** What its calls used; undefined before the first. Written by the batches of calls, and by `KeyStatistics`. */
  usage: KeyUsage | undefined = undefined;
  /** The key as a candidate of each model index, by the index's ordinal. The first is for calls that name no model. */
  candidates: KeyModelState[] = NO_CANDIDATES;

  label: string | undefined;
  /** Lower ones are chosen first. Only `KeyStates` changes it, which moves the key in the model indexes. */
  tier: number;
  readonly quotaGroup: string | undefined;
  models: ReadonlySet<string> | undefined;
  limits: KeyLimits;
  /** The key's settings in the configuration, as JSON; undefined for keys added at run time. */
  configured: string | undefined;
  /** What brought the state about: one redacted line for people, and the outcome. */
  reason: RedactedText | undefined = undefined;
  outcome: Outcome | undefined = undefined;
  /** Milliseconds since the epoch, as all times here. */
  addedAt = 0;
  lastCheckedAt = 0;
  /** A health check of this key is under way. */
  probing = false;

  constructor(
    readonly provider: string,
    /** Replaced by a new token under the same id, by the pool alone. */
    public key: ApiKey,
    { route, tokens, ...input }: KeySettings,
    readonly origin: RecordOrigin,
    ratings = new RatingTable(1),
  ) {
    super(ratings);
    this.label = input.label;
    this.weight = input.weight ?? 1;
    this.tier = input.tier ?? 0;
    this.quotaGroup = input.quotaGroup;
    this.models = input.models && input.models.length > 0 ? new Set(input.models) : undefined;
    this.limits = input.limits && Object.keys(input.limits).length > 0 ? { ...input.limits } : NO_LIMITS;
    this.budgets = input.budgets ?? NO_BUDGETS;
    if (route !== undefined) ROUTES.set(this, route);
    if (tokens !== undefined) TOKENS.set(this, new KeyTokens(tokens));
    if (input.expiresAt !== undefined) this.expiresAt = input.expiresAt.getTime();
    this.configured = origin === 'configuration' ? configuredText(input) : undefined;
  }

  /** Marks the key as deleted and gives its row of the rating table back. */
  leave(): void {
    this.deleted = true;
    this.leaveTable();
  }

  get id(): string {
    return this.key.id;
  }

  /** The key's own base URL and headers; undefined where they are the provider's. */
  get route(): KeyRoute | undefined {
    return ROUTES.get(this);
  }

  /** Where the key's tokens come from; undefined where it has one for good. */
  get tokens(): KeyTokens | undefined {
    return TOKENS.get(this);
  }

  /** The budgets that are stated for the key itself. */
  get budgets(): readonly Budget[] {
    return BUDGETS.get(this) ?? NO_BUDGETS;
  }

  set budgets(budgets: readonly Budget[]) {
    if (budgets.length > 0) BUDGETS.set(this, budgets.map(statedBudget));
    else BUDGETS.delete(this);
  }

  /** When the vendor ends the key; undefined where that is not known. Milliseconds since the epoch. */
  get expiresAt(): number | undefined {
    return EXPIRIES.get(this)?.at;
  }

  set expiresAt(at: number | undefined) {
    const known = EXPIRIES.get(this);
    if (known) known.at = at;
    else if (at !== undefined) EXPIRIES.set(this, { at, told: undefined });
  }

  /** What was told of its end, by any instance. */
  get toldExpiry(): ToldExpiry | undefined {
    return EXPIRIES.get(this)?.told;
  }

  set toldExpiry(told: ToldExpiry | undefined) {
    const known = EXPIRIES.get(this);
    if (known) known.told = told;
    else EXPIRIES.set(this, { at: undefined, told });
  }

  /** What is left of it, and when that runs out; undefined where nothing is known of it. */
  get funds(): KeyFunds | undefined {
    return FUNDS.get(this);
  }

  set funds(funds: KeyFunds | undefined) {
    if (funds === undefined) FUNDS.delete(this);
    else FUNDS.set(this, funds);
  }

  /** The name of the source that gives the key; undefined where none does. */
  get source(): string | undefined {
    return SOURCES.get(this);
  }

  set source(name: string | undefined) {
    if (name !== undefined) SOURCES.set(this, name);
  }

  /** Nobody keeps the key from use: it is what its vendor last said of it. */
  get enabled(): boolean {
    return this.off === 0;
  }

  /** An administrator has switched the key off. */
  get isSwitchedOff(): boolean {
    return (this.off & OFF.administrator) !== 0;
  }

  /** Its source gives it no longer, and its calls end. */
  get isGone(): boolean {
    return (this.off & OFF.gone) !== 0;
  }

  get status(): KeyStatus {
    return this.enabled ? this.state.status : 'disabled';
  }

  /** The key is enabled, and must be checked before it may be chosen. */
  get isUnchecked(): boolean {
    return this.enabled && this.state.status === 'unchecked';
  }

  /** Until when the key may not be chosen, milliseconds since the epoch: 0 if it may be now, Infinity until its state changes. */
  get unavailableUntil(): number {
    if (!this.enabled || this.state.status === 'unchecked' || isRemoved(this.state)) return Infinity;
    return isCoolingDown(this.state) ? this.state.until : 0;
  }

  /** Whether the key may be used for this model; every key may be used where none is named. */
  serves(model: string | undefined): boolean {
    return model === undefined || this.models === undefined || this.models.has(model);
  }
}

/**
 * Whether a key can be chosen from a model index. `busy`: at its limit of calls in flight. `rate_limited_locally`: the pool holds the key back
 * for the sake of its calls in flight or its trial; it is free sooner if those calls take less than expected, or the trial is accepted.
 * `out`: removed, disabled, or not for the model.
 */
export type Availability = 'eligible' | 'busy' | 'cooling_down' | 'rate_limited_locally' | 'unchecked' | 'out';

/** One key as a candidate for calls of one model: its place in the `ModelIndex`, its cooldown, and its calls in flight for the model. */
export class KeyModelState implements Timed, OnTrial {
  inFlight = 0;
  trial: Trial = 'none';
  trialSince = 0;
  failureStreak: FailureStreak | undefined = undefined;
  /** Made when the vendor first states a rate limit for the model, or first refuses a call for its rate. */
  rateLimiter: RateLimiter | undefined = undefined;
  availability: Availability = 'out';

  /** Place among the eligible keys of the index; −1 outside of it. */
  position = -1;
  until = 0;
  heapIndex = -1;
  /** Until when the key cools down for this model alone; milliseconds since the epoch. */
  cooldownUntil = 0;
  /** That cooldown; it may be over. */
  cooldown: Cooldown | undefined = undefined;

  constructor(readonly record: KeyRecord) {}

  /** Something counts its calls. */
  get isLimited(): boolean {
    const { hardLimits, meters } = this.record;
    return this.rateLimiter !== undefined || hardLimits !== undefined || meters !== undefined;
  }

  /** Until when rate limits and a running trial allow no further call, milliseconds since the epoch; 0 if one may go now. */
  blockedUntil(now: number): number {
    const { hardLimits, meters } = this.record;
    let blockedUntil = this.rateLimiter === undefined ? 0 : this.rateLimiter.blockedUntil(now);
    if (this.onTrial) blockedUntil = Math.max(blockedUntil, this.#trialEndsAt);
    if (meters !== undefined) blockedUntil = Math.max(blockedUntil, meteredUntil(meters, now));
    return hardLimits === undefined ? blockedUntil : Math.max(blockedUntil, hardLimits.blockedUntil(now));
  }

  /** Only the calls in flight keep the next one waiting: no cooldown, and no limit that time alone would lift. */
  isBlockedByInFlightOnly(now: number): boolean {
    const { record, rateLimiter } = this;
    if (this.cooldownUntil > now || record.unavailableUntil > now) return false;
    if (record.meters !== undefined && meteredUntil(record.meters, now) > now) return false;
    if (record.hardLimits !== undefined && !record.hardLimits.awaitsPart && record.hardLimits.blockedUntil(now) > now)
      return false;
    if (rateLimiter !== undefined && rateLimiter.blockedUntil(now) > now)
      return rateLimiter.isBlockedByInFlightOnly(now);
    return this.#trialEndsAt > now || (record.hardLimits?.awaitsPart ?? false);
  }

  get #trialEndsAt(): number {
    const { record } = this;
    const hasHeaders = this.rateLimiter?.hasHeaders ?? false;
    return Math.max(
      trialEndsAt(this, hasHeaders && (this.cooldown ?? RATE_LIMITED).outcome === 'rate_limited'),
      trialEndsAt(record, hasHeaders && (record.failureStreak ?? RATE_LIMITED).outcome === 'rate_limited'),
    );
  }

  /** The candidate waits in the index's heap for a certain time, `until`. */
  get isTimed(): boolean {
    return this.availability === 'cooling_down' || this.availability === 'rate_limited_locally';
  }

  /** A trial call of the key, or of the key for this model, is in flight. */
  get onTrial(): boolean {
    return this.trial === 'running' || this.record.trial === 'running';
  }

  /** The key is at its limit of calls in flight. */
  get busy(): boolean {
    const { record } = this;
    return (this.rateLimiter?.full ?? false) || (record.hardLimits?.full ?? false);
  }
}

/** Until when no call may go that these meters count, however small; 0 if one may go now. Milliseconds since the epoch. */
function meteredUntil(meters: readonly PeriodMeter[], now: number): number {
  let until = 0;
  for (const meter of meters) until = Math.max(until, meter.blockedUntil(QUANTA[meter.terms.unit], now));
  return until;
}

/** The counters of the outlier detection for one key, since the first of its recent transient failures. */
export interface Suspicion {
  /** Milliseconds since the epoch, as all times here. */
  since: number;
  failed: number;
  good: number;
  /** The key's latest call failed. */
  isFailing: boolean;
  /** The pool's counters at `since`. */
  poolFailed: number;
  poolGood: number;
  /** The number of ejections, and the beginning and end of the latest. */
  ejections: number;
  ejectedAt: number;
  ejectedUntil: number;
}

/** The ids of keys that must not be chosen. */
export type PassedOver = Pick<ReadonlySet<string>, 'has'>;
