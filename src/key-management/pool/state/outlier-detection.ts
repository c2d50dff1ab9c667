import type { KeyRecord, Suspicion } from '../key/key-record';
import { isCoolingDown } from '../key/key-state';

/** Fewer failures than this are no evidence. */
const LEAST_FAILURES = 3;
/** The significance level: the greatest chance at which a key that fails by chance alone may be taken for an outlier. */
const CHANCE_OF_ERROR = 1e-4;
/** Good calls per failure after which a key is no longer suspect. */
const GOOD_PER_FAILURE = 4;
/** Failures and successes from before this time do not count. Milliseconds. */
const MEMORY_MS = 5 * 60_000;
const FIRST_EJECTION_MS = 30_000;
const LONGEST_EJECTION_MS = 5 * 60_000;

/** How a key that just failed compares with the others: it fails as they do, or worse, or so much worse that it cannot be chance. */
export type Comparison =
  | { readonly kind: 'alike' }
  | { readonly kind: 'worse' }
  | { readonly kind: 'outlier'; readonly failed: number; readonly of: number };

const ALIKE: Comparison = { kind: 'alike' };
const WORSE: Comparison = { kind: 'worse' };

/**
 * Outlier detection among the keys of a pool, as Envoy has it for hosts: finds keys whose transient failures (network, 5xx, overloaded,
 * timeout) stand out from those of the other keys. While all fail alike none does: then it is the vendor, and the circuit breaker acts.
 * Counts only while some key is suspect.
 */
export class OutlierDetection {
  /** Calls that were settled while some key was suspect. */
  #good = 0;
  #failed = 0;
  #latestWasGood = false;
  #suspects = 0;
  readonly #ejected = new Set<KeyRecord>();
  /** Keys among those chosen from whose latest call failed. */
  failing = 0;

  /** Some key is suspect, so good calls must be counted. */
  get isWatching(): boolean {
    return this.#suspects > 0;
  }

  succeeded(record: KeyRecord, now: number): void {
    this.#good += 1;
    this.#latestWasGood = true;
    const { suspicion } = record;
    if (suspicion === undefined) return;
    suspicion.good += 1;
    this.#failsNoMore(suspicion);
    if (suspicion.good <= GOOD_PER_FAILURE * suspicion.failed) return;
    // That it was ejected is remembered for longer, so that the next time is longer too.
    if (now - suspicion.ejectedUntil > MEMORY_MS) this.forget(record);
    else Object.assign(suspicion, this.#sinceNow(now));
  }

  /**
   * Counts a transient failure of the key.
   * @param call When it began: a call from before the ejection tells nothing new. And whether it was the first after a cooldown.
   */
  failed(record: KeyRecord, call: { readonly startedAt: number; readonly trial: boolean }, now: number): Comparison {
    const suspicion = (record.suspicion ??= this.#suspect(now));
    if (call.startedAt < suspicion.ejectedAt) return ALIKE;
    if (now - suspicion.since > MEMORY_MS) Object.assign(suspicion, this.#sinceNow(now));
    const othersAreWell = this.#latestWasGood;
    this.#latestWasGood = false;
    this.#failed += 1;
    suspicion.failed += 1;
    if (!suspicion.isFailing) this.failing += 1;
    suspicion.isFailing = true;
    const { failed, good } = suspicion;
    const otherGood = this.#good - suspicion.poolGood - good;
    const otherFailed = this.#failed - suspicion.poolFailed - failed;
    if (otherGood === 0) return ALIKE;
    // Laplace smoothing, as if one more call had failed and one more had not: a few calls prove little.
    const usual = (otherFailed + 1) / (otherGood + otherFailed + 2);
    const of = failed + good;
    if (failed / of <= usual) return ALIKE;
    const failsAgain = call.trial && suspicion.ejections > 0 && othersAreWell;
    const standsOut = failed >= LEAST_FAILURES && chanceOf(failed, of, usual) < CHANCE_OF_ERROR;
    return failsAgain || standsOut ? { kind: 'outlier', failed, of } : WORSE;
  }

  /** Counts an ejection. Returns its end, milliseconds since the epoch: 30 s from now, doubled each further time up to 5 min. */
  eject(record: KeyRecord, now: number): number {
    const suspicion = (record.suspicion ??= this.#suspect(now));
    const ms = Math.min(LONGEST_EJECTION_MS, FIRST_EJECTION_MS * 2 ** Math.min(suspicion.ejections, 30));
    suspicion.ejections += 1;
    suspicion.ejectedAt = now;
    suspicion.ejectedUntil = now + ms;
    this.#ejected.add(record);
    this.#failsNoMore(suspicion);
    Object.assign(suspicion, this.#sinceNow(now));
    return suspicion.ejectedUntil;
  }

  /** The keys that are ejected now. */
  ejected(): ReadonlySet<KeyRecord> {
    for (const record of this.#ejected) if (!isEjected(record)) this.#ejected.delete(record);
    return this.#ejected;
  }

  /** The key cannot be chosen any more: it cools down, or is removed. */
  setAside({ suspicion }: KeyRecord): void {
    if (suspicion) this.#failsNoMore(suspicion);
  }

  /** Forgets what was counted against the key. */
  forget(record: KeyRecord): void {
    if (record.suspicion === undefined) return;
    this.#failsNoMore(record.suspicion);
    this.#ejected.delete(record);
    record.suspicion = undefined;
    this.#suspects -= 1;
  }

  #suspect(now: number): Suspicion {
    this.#suspects += 1;
    return { ...this.#sinceNow(now), isFailing: false, ejections: 0, ejectedAt: -1, ejectedUntil: -Infinity };
  }

  /** Counters that begin now. */
  #sinceNow(now: number): Pick<Suspicion, 'since' | 'failed' | 'good' | 'poolFailed' | 'poolGood'> {
    return { since: now, failed: 0, good: 0, poolFailed: this.#failed, poolGood: this.#good };
  }

  #failsNoMore(suspicion: Suspicion): void {
    if (suspicion.isFailing) this.failing -= 1;
    suspicion.isFailing = false;
  }
}

const isEjected = ({ state, suspicion, deleted }: KeyRecord): boolean =>
  !deleted && isCoolingDown(state) && state.status === 'cooling_down' && state.until === suspicion?.ejectedUntil;

/**
 * The greatest probability that `failed` out of `of` calls fail by chance, where the usual share of failures is `usual`: Chernoff's bound on the
 * tail of the binomial distribution, by the relative entropy.
 */
function chanceOf(failed: number, of: number, usual: number): number {
  const share = failed / of;
  const good = share < 1 ? (1 - share) * Math.log((1 - share) / (1 - usual)) : 0;
  return Math.exp(-of * (share * Math.log(share / usual) + good));
}
