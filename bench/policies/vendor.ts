import type { Clock } from '../../src/key-management/common/clock';

/** How a simulated vendor limits each of its keys. */
export interface VendorShape {
  /** Calls per second of each key. */
  readonly rates: readonly number[];
  /** Calls that a key may make after a pause at once. */
  readonly burst: number;
  /** Whether answers carry rate-limit headers. */
  readonly headers: boolean;
  /** Whether a refused call takes its share of the limit too. */
  readonly costOn429: boolean;
  /** Milliseconds that a call takes, at least and at most. */
  readonly latencyMs: readonly [number, number];
}

export interface Answer {
  readonly ok: boolean;
  readonly retryAfterMs: number;
  readonly headers: Record<string, string>;
}

class Bucket {
  #tokens: number;
  #asOf = 0;

  constructor(
    private readonly rate: number,
    private readonly burst: number,
  ) {
    this.#tokens = burst;
  }

  take(now: number, costOn429: boolean): { ok: boolean; left: number; waitMs: number; fullMs: number } {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#asOf) / 1_000) * this.rate);
    this.#asOf = now;
    const ok = this.#tokens >= 1;
    if (ok) this.#tokens -= 1;
    else if (costOn429) this.#tokens = Math.max(-this.burst, this.#tokens - 1);
    return {
      ok,
      left: Math.max(0, Math.floor(this.#tokens)),
      waitMs: Math.max(0, ((1 - this.#tokens) / this.rate) * 1_000),
      fullMs: ((this.burst - this.#tokens) / this.rate) * 1_000,
    };
  }
}

/** A vendor in virtual time: a token bucket per key. */
export class VirtualVendor {
  readonly #buckets: Bucket[];
  answered = 0;
  refused = 0;

  constructor(
    private readonly shape: VendorShape,
    private readonly clock: Clock & { sleep(ms: number): Promise<void> },
    private readonly random: () => number,
  ) {
    this.#buckets = shape.rates.map((rate) => new Bucket(rate, shape.burst));
  }

  /** One request with the n-th key: decided on arrival, answered after its latency. */
  async call(key: number): Promise<Answer> {
    const { burst, headers, costOn429, latencyMs } = this.shape;
    const latency = latencyMs[0] + this.random() * (latencyMs[1] - latencyMs[0]);
    await this.clock.sleep(latency / 2);
    const { ok, left, waitMs, fullMs } = this.#buckets[key]!.take(this.clock.now(), costOn429);
    if (ok) this.answered += 1;
    else this.refused += 1;
    await this.clock.sleep(latency / 2);
    const limits = {
      'x-ratelimit-limit-requests': String(burst),
      'x-ratelimit-remaining-requests': String(left),
      'x-ratelimit-reset-requests': `${Math.ceil(fullMs)}ms`,
    };
    return { ok, retryAfterMs: waitMs, headers: headers ? limits : {} };
  }
}
