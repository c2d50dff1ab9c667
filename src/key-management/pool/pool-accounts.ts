import { getOrCreate } from '../common/get-or-create';
import type { HeaderView } from '../vendors/contract/rate-limits';
import type { LeaseTarget } from './key/key-input';
import type { PoolLease } from './key-lease';
import type { KeyModelState, KeyRecord } from './key/key-record';
import { HardLimits, type KeyLimits, type Sharing } from './limits/hard-limits';
import type { ExceededLimit } from './limits/expected-tokens';
import type { AccountDemand, PartsPort } from './limits/part';
import { RateLimiter, type RateLimitProfile } from './limits/rate-limiter';
import type { ModelIndexes } from './selection/model-indexes';

/**
 * The rate limits of the keys of one pool: what the vendor's headers state, what refusals teach, and what the user allows. Keys of one quota
 * group, that is of one vendor project or organization, share them; a key without a group shares with none.
 */
export class PoolAccounts implements PartsPort {
  partsWanted: (() => void) | undefined = undefined;
  readonly #groups = new Map<string, Set<KeyRecord>>();
  /** Some account has a limit of tokens, stated or known. */
  limitsTokens = false;
  /** How the vendor states its limits; without it only refusals and the user's limits count. */
  profile: (() => RateLimitProfile | undefined) | undefined;

  constructor(
    private readonly indexes: ModelIndexes,
    private readonly sharing: Readonly<Sharing>,
  ) {}

  add(record: KeyRecord): void {
    if (record.quotaGroup !== undefined) getOrCreate(this.#groups, record.quotaGroup, () => new Set()).add(record);
    this.limit(record);
    // A key that joins a group has its rate limiters from the start.
    for (const { candidates } of this.siblings(record)) {
      for (const [ordinal, candidate] of record.candidates.entries())
        candidate.rateLimiter = candidates[ordinal]!.rateLimiter;
      return;
    }
  }

  remove(record: KeyRecord): void {
    const group = record.quotaGroup === undefined ? undefined : this.#groups.get(record.quotaGroup);
    if (record.quotaGroup === undefined || !group?.delete(record)) return;
    const [left] = group;
    // What only this key's limits forbade, the others may now.
    if (left) this.limit(left);
    else this.#groups.delete(record.quotaGroup);
  }

  /** The other keys of the same group. */
  *siblings(record: KeyRecord): Iterable<KeyRecord> {
    for (const member of this.#members(record)) if (member !== record) yield member;
  }

  /** Gives the key, and its whole group, the strictest of the limits stated for them; `changes` are for this key. */
  limit(record: KeyRecord, changes?: KeyLimits): void {
    // A limit that was taken away is none.
    if (changes) record.limits = statedOf({ ...record.limits, ...changes });
    const members = this.#members(record);
    const limits = strictest(members.map((member) => member.limits));
    const known = members.find((member) => member.hardLimits !== undefined)?.hardLimits;
    const hard = limits && (known ?? new HardLimits(limits, this.sharing));
    if (hard) hard.limits = limits;
    this.limitsTokens ||= limits?.tokensPerMinute !== undefined;
    for (const member of members) {
      if (hard && member.hardLimits !== hard) hard.inFlight += member.inFlight;
      member.hardLimits = hard;
    }
  }

  /** Reads the rate limits in an answer's headers. False if they state none. */
  answerSeen({ candidate: { record }, model }: PoolLease, headers: HeaderView, now: number): boolean {
    const profile = this.profile?.();
    const readings = profile?.readRateLimits(headers, now);
    if (!profile || !readings || readings.length === 0) return false;
    this.limitsTokens ||= readings.some(({ dimension }) => dimension !== 'requests');
    const isPerModel = profile.rateLimitScope === 'key_model';
    const limiter = isPerModel
      ? this.#limiterOf(record, model, now)
      : shared(this.#members(record).flatMap((member) => member.candidates));
    limiter.observe(readings, profile.limitKind, now);
    return true;
  }

  excess(_target: LeaseTarget, _now: number): ExceededLimit | undefined {
    return undefined;
  }

  setAside(_target: LeaseTarget, _ticket: object, _now: number): void {
    return;
  }

  giveBack(_ticket: object): void {
    return;
  }

  demands(_now: number): readonly AccountDemand[] {
    return [];
  }

  grant(_account: string, _fraction: number, _level: number): void {
    return;
  }

  divide(_isDivided: boolean): void {
    return;
  }

  /** A call with the key begins. On the hot path. */
  callStarted({ record, rateLimiter }: KeyModelState, now: number): void {
    rateLimiter?.started(now);
    record.hardLimits?.taken(now);
  }

  /** A call was refused for its rate. */
  refused({ candidate: { record }, model, startedAt }: PoolLease, now: number): void {
    this.#limiterOf(record, model, now).refused(startedAt, now);
  }

  /** The rate limiter of the key and its group for one model, or for calls that name none; made if there is none. */
  #limiterOf(record: KeyRecord, model: string | undefined, now: number): RateLimiter {
    const ordinal = model === undefined ? 0 : this.indexes.restricted(model, now).ordinal;
    return shared(this.#members(record).map((member) => member.candidates[ordinal]!));
  }

  #members(record: KeyRecord): KeyRecord[] {
    const group = record.quotaGroup === undefined ? undefined : this.#groups.get(record.quotaGroup);
    return group ? [...group] : [record];
  }
}

/** One rate limiter for all these candidates: the first that one of them has, or a new one. */
function shared(candidates: readonly KeyModelState[]): RateLimiter {
  const limiter = candidates.find(({ rateLimiter }) => rateLimiter !== undefined)?.rateLimiter ?? new RateLimiter();
  for (const candidate of candidates) {
    if (candidate.rateLimiter === limiter) continue;
    if (candidate.rateLimiter) candidate.rateLimiter.inFlight -= candidate.inFlight;
    candidate.rateLimiter = limiter;
    limiter.inFlight += candidate.inFlight;
  }
  return limiter;
}

const LIMITS = ['concurrency', 'requestsPerMinute', 'tokensPerMinute'] as const satisfies readonly (keyof KeyLimits)[];

const statedOf = (limits: KeyLimits): KeyLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));

/** For each limit the least that is stated; undefined where none is. */
function strictest(all: readonly KeyLimits[]): KeyLimits | undefined {
  const least: KeyLimits = {};
  for (const name of LIMITS) {
    const limit = Math.min(...all.map((limits) => limits[name] ?? Infinity));
    if (limit < Infinity) least[name] = limit;
  }
  return Object.keys(least).length > 0 ? least : undefined;
}
