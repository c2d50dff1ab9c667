import { CONSEQUENCES, type Fault } from '../vendors/contract/outcome';
import { CALL_ENDS, type CallBatch, type CallEnd, type CallObserver } from '../pool/call-batches';

/** Calls that ended within this time say how a provider does; milliseconds. */
export const WINDOW_MS = 5 * 60_000;
/** Without a call for this long a provider is idle, and a model is in use no more; milliseconds. */
export const IN_USE_MS = 60 * 60_000;

const BUCKET_MS = 5_000;
const BUCKETS = WINDOW_MS / BUCKET_MS;
/** Callers may name any model: of more than this, the one that was called longest ago is forgotten. */
const MOST_MODELS = 32;

const FAULTS_OF_PROVIDER: ReadonlySet<Fault> = new Set<Fault>(['vendor', 'network', 'key', 'unknown']);
/** Whether a call that ended so speaks against the provider: 1 it does, 0 it does not. A caller's own fault never does. */
const SPEAKS_AGAINST = Uint8Array.from(CALL_ENDS, (end) =>
  end === 'no_key' || FAULTS_OF_PROVIDER.has(CONSEQUENCES[end].fault) ? 1 : 0,
);
/** @param end Place in `CALL_ENDS`. */
export const speaksAgainst = (end: number): boolean => SPEAKS_AGAINST[end] === 1;

/** A call that its caller gave up says nothing either way. */
const CANCELLED = CALL_ENDS.indexOf('cancelled');

/** Counts the calls of one provider on this instance in a sliding window, and remembers the models that were called. */
export class ProviderFacts implements CallObserver {
  /** Buckets by their number since the epoch, modulo the length: the numbers, and what was counted. */
  readonly #numbers = new Float64Array(BUCKETS).fill(-1);
  readonly #calls = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  /** Models by when they were last called, the longest ago first; undefined for calls that name none. */
  readonly #models = new Map<string | undefined, number>();
  #lastCallAt: number | undefined;
  #lastFailure: CallEnd | undefined;

  constructor(private readonly now: () => number) {}

  /** When the latest call or attempt ended, milliseconds since the epoch; undefined before the first. */
  get lastCallAt(): number | undefined {
    return this.#lastCallAt;
  }

  /** How the latest call that speaks against the provider ended. */
  get lastFailure(): CallEnd | undefined {
    return this.#lastFailure;
  }

  onCallBatch({ ended, ends, models, settled, probes, deliveredAt: now }: CallBatch): void {
    for (let at = 0; at < settled && this.#lastCallAt !== now; at += 1) if (probes[at] === 0) this.#lastCallAt = now;
    if (ended === 0) return;
    this.#lastCallAt = now;
    const bucket = this.#bucketAt(now);
    let calls = 0;
    let failures = 0;
    for (let at = 0; at < ended; at += 1) {
      const model = models[at];
      // Calls of one model often follow each other.
      if (at === 0 || model !== models[at - 1]) this.#called(model, now);
      const end = ends[at]!;
      if (end === CANCELLED) continue;
      calls += 1;
      if (SPEAKS_AGAINST[end] === 0) continue;
      failures += 1;
      this.#lastFailure = CALL_ENDS[end];
    }
    this.#calls[bucket]! += calls;
    this.#failures[bucket]! += failures;
  }

  /** Calls of the last five minutes, and those of them that speak against the provider. */
  window(): { calls: number; failures: number } {
    const current = Math.floor(this.now() / BUCKET_MS);
    const sums = { calls: 0, failures: 0 };
    this.#numbers.forEach((number, bucket) => {
      if (number <= current - BUCKETS || number > current) return;
      sums.calls += this.#calls[bucket]!;
      sums.failures += this.#failures[bucket]!;
    });
    return sums;
  }

  /** Forgets how calls ended so far: what was refused while the provider was paused does not speak against it. */
  judgeAnew(): void {
    this.#numbers.fill(-1);
    this.#lastFailure = undefined;
  }

  /** The models that were called within the hour; undefined stands for calls that name none. */
  models(): (string | undefined)[] {
    const since = this.now() - IN_USE_MS;
    return [...this.#models].flatMap(([model, at]) => (at > since ? [model] : []));
  }

  #called(model: string | undefined, now: number): void {
    if (this.#models.get(model) === now) return;
    this.#models.delete(model);
    this.#models.set(model, now);
    if (this.#models.size <= MOST_MODELS) return;
    const [oldest] = this.#models.keys();
    this.#models.delete(oldest);
  }

  #bucketAt(now: number): number {
    const number = Math.floor(now / BUCKET_MS);
    const bucket = number % BUCKETS;
    if (this.#numbers[bucket] !== number) {
      this.#numbers[bucket] = number;
      this.#calls[bucket] = this.#failures[bucket] = 0;
    }
    return bucket;
  }
}
