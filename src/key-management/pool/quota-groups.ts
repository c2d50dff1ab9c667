import { HardLimits, type Sharing, type KeyLimits } from './limits/hard-limits';
import type { KeyRecord } from './key/key-record';
import { RateLimiter } from './limits/rate-limiter';
import type { KeyModelState } from './key/key-model-state';

/** Keys of one vendor project or organization: they share its limits. A key without a group shares with none. */
export class QuotaGroups {
  readonly #groups = new Map<string, Set<KeyRecord>>();

  constructor(private readonly sharing: Readonly<Sharing>) {}

  add(record: KeyRecord): void {
    if (record.quotaGroup !== undefined) {
      const group = this.#groups.get(record.quotaGroup) ?? new Set();
      this.#groups.set(record.quotaGroup, group.add(record));
    }
    this.limit(record);
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

  /** Gives the key, and all of its group, the strictest of the limits stated for them; `changes` are for this key. */
  limit(record: KeyRecord, changes?: KeyLimits): void {
    if (changes) record.limits = stated({ ...record.limits, ...changes });
    const members = this.#members(record);
    const limits = strictest(members.map((member) => member.limits));
    const known = members.map((member) => member.hardLimits).find((each) => each !== undefined);
    const hard = limits === undefined ? undefined : (known ?? new HardLimits(limits, this.sharing));
    if (hard && limits) hard.limits = limits;
    for (const member of members) {
      if (hard && member.hardLimits !== hard) hard.inFlight += member.inFlight;
      member.hardLimits = hard;
    }
  }

  /** The pace of the key in one index, made if there is none; keys of one group share it. */
  rateLimiterOf(record: KeyRecord, index: number): RateLimiter {
    return shared(this.#members(record).map((member) => member.candidates[index]!));
  }

  /** The pace of the key in all indexes, where a vendor counts all models together. */
  rateLimiterOfKey(record: KeyRecord): RateLimiter {
    const candidates = this.#members(record).flatMap((member) => member.candidates);
    return shared(candidates);
  }

  /** A key that joins a group goes at its pace from the start. */
  join(record: KeyRecord): void {
    for (const { candidates } of this.siblings(record)) {
      for (const [index, candidate] of record.candidates.entries()) candidate.rateLimiter = candidates[index]!.rateLimiter;
      return;
    }
  }

  #members(record: KeyRecord): KeyRecord[] {
    const group = record.quotaGroup === undefined ? undefined : this.#groups.get(record.quotaGroup);
    return group ? [...group] : [record];
  }
}

/** One pace for all these candidates: the first that one of them has, or a new one. */
function shared(candidates: readonly KeyModelState[]): RateLimiter {
  const rateLimiter = candidates.find((candidate) => candidate.rateLimiter !== undefined)?.rateLimiter ?? new RateLimiter();
  for (const candidate of candidates) {
    if (candidate.rateLimiter === rateLimiter) continue;
    if (candidate.rateLimiter) candidate.rateLimiter.inFlight -= candidate.inFlight;
    candidate.rateLimiter = rateLimiter;
    rateLimiter.inFlight += candidate.inFlight;
  }
  return rateLimiter;
}

/** A limit that was taken away is none. */
const stated = (limits: KeyLimits): KeyLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));

function strictest(all: readonly KeyLimits[]): KeyLimits | undefined {
  const least = (name: keyof KeyLimits): number | undefined => {
    const stated = all.map((limits) => limits[name]).filter((limit) => limit !== undefined);
    return stated.length > 0 ? Math.min(...stated) : undefined;
  };
  const [concurrency, requestsPerMinute, tokensPerMinute] = [
    least('concurrency'),
    least('requestsPerMinute'),
    least('tokensPerMinute'),
  ];
  if (concurrency === undefined && requestsPerMinute === undefined && tokensPerMinute === undefined) return undefined;
  return { concurrency, requestsPerMinute, tokensPerMinute };
}
