import { speaksAgainst } from '../../health/provider-facts';
import { CALL_ENDS, type CallBatch, type CallObserver } from '../../pool/call-batches';
import { BUCKET_MS, RESOLUTIONS, type Resolution } from './measures';
import type { WindowRange } from './windows';

/** Calls of one model; undefined stands for those that name none. */
export interface ModelCallCounts {
  readonly model: string | undefined;
  /** Those that say something of the provider. */
  readonly calls: number;
  /** Of them, those that speak against it. */
  readonly failures: number;
  /** Of the failures, those that found no key. */
  readonly refused: number;
}

/** Callers may name any model: of more than this, the one that was called longest ago is forgotten. */
const MOST_MODELS = 32;
/** A window reaches back at most so many buckets, and has a part of one more. */
const KEPT: Readonly<Record<Resolution, number>> = { minute: 61, hour: 721 };

const OK = CALL_ENDS.indexOf('ok');
const NO_KEY = CALL_ENDS.indexOf('no_key');

interface Counts {
  calls: number;
  failures: number;
  refused: number;
}

/** Buckets with calls, by their numbers since the epoch, the oldest first. */
type Buckets = Readonly<Record<Resolution, Map<number, Counts>>>;

/** Counts the calls of one provider on this instance by model, in memory: minutes for an hour, hours for 30 days. */
export class ModelCalls implements CallObserver {
  /** The one that was called longest ago first. */
  readonly #models = new Map<string | undefined, Buckets>();

  onCallBatch({ ended, ends, models, deliveredAt }: CallBatch): void {
    // Calls of one model often follow each other: each run of them is added as one.
    for (let at = 0; at < ended;) {
      const model = models[at];
      let calls = 0;
      let failures = 0;
      let refused = 0;
      for (; at < ended && models[at] === model; at += 1) {
        const end = ends[at]!;
        if (speaksAgainst(end)) failures += 1;
        // A call that its caller spoilt or gave up is none that the provider could have served.
        else if (end !== OK) continue;
        calls += 1;
        if (end === NO_KEY) refused += 1;
      }
      if (calls > 0) this.#add(model, { calls, failures, refused }, deliveredAt);
    }
  }

  #add(model: string | undefined, { calls, failures, refused }: Counts, now: number): void {
    for (const counts of this.#currentOf(model, now)) {
      counts.calls += calls;
      counts.failures += failures;
      counts.refused += refused;
    }
  }

  /** The models that were called in the window, the one with the most calls first. */
  within({ resolution, from }: WindowRange): ModelCallCounts[] {
    const first = Math.floor(from / BUCKET_MS[resolution]);
    const found: ModelCallCounts[] = [];
    for (const [model, buckets] of this.#models) {
      const sums = { calls: 0, failures: 0, refused: 0 };
      for (const [number, { calls, failures, refused }] of buckets[resolution]) {
        if (number < first) continue;
        sums.calls += calls;
        sums.failures += failures;
        sums.refused += refused;
      }
      if (sums.calls > 0) found.push({ model, ...sums });
    }
    return found.sort((a, b) => b.calls - a.calls);
  }

  /** The minute and the hour that calls of the model are counted in now. */
  #currentOf(model: string | undefined, now: number): readonly Counts[] {
    const buckets: Buckets = this.#models.get(model) ?? { minute: new Map(), hour: new Map() };
    this.#models.delete(model);
    this.#models.set(model, buckets);
    if (this.#models.size > MOST_MODELS) {
      const [oldest] = this.#models.keys();
      this.#models.delete(oldest);
    }
    return RESOLUTIONS.map((resolution) =>
      countsIn(buckets[resolution], Math.floor(now / BUCKET_MS[resolution]), KEPT[resolution]),
    );
  }
}

function countsIn(buckets: Map<number, Counts>, number: number, keep: number): Counts {
  const found = buckets.get(number);
  if (found) return found;
  for (const old of buckets.keys()) {
    if (old > number - keep) break;
    buckets.delete(old);
  }
  const counts = { calls: 0, failures: 0, refused: 0 };
  buckets.set(number, counts);
  return counts;
}
