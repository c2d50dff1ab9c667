import { FixedWindow, TokenBucket, type Meter } from './meter';
import { limitSpecs, type Dimension, type LimitSpec, type RateLimits, type Window } from './rate-limits';

export interface Reading {
  readonly dimension: Dimension;
  readonly window: Window;
  readonly limit: number;
  readonly remaining: number;
  readonly fullInMs: number;
}

export interface Refusal {
  readonly dimension: Dimension;
  readonly window: Window;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Infinity when the request alone is above the limit. */
  readonly waitMs: number;
  readonly stated: 'full' | 'body' | 'none';
  readonly readings: readonly Reading[];
}

export type Admission =
  | { readonly admitted: true; readonly readings: readonly Reading[] }
  | { readonly admitted: false; readonly refusal: Refusal };

/** All budgets of one key or quota group, for every model. */
export class Limiter {
  readonly #specs: readonly LimitSpec[];
  readonly #budgets = new Map<string, Meter[]>();

  constructor(private readonly limits: RateLimits) {
    this.#specs = limitSpecs(limits);
  }

  admit(now: number, model: string, tokens: number): Admission {
    const meters = this.#metersOf(this.limits.perModel === false ? '' : model);
    const costs = this.#specs.map((spec) => (spec.dimension === 'requests' ? 1 : tokens));
    const waits = meters.map((meter, i) => meter.waitMs(now, costs[i] as number));
    const worst = waits.indexOf(Math.max(...waits));
    if (waits[worst] === 0) {
      meters.forEach((meter, i) => meter.take(now, costs[i] as number));
      return { admitted: true, readings: this.#read(meters, now) };
    }
    if (this.limits.costOn429)
      meters.forEach((meter, i) => this.#specs[i]?.dimension === 'requests' && meter.take(now, 1));
    const spec = this.#specs[worst] as LimitSpec;
    const waitAfterCost = (meters[worst] as Meter).waitMs(now, costs[worst] as number);
    return {
      admitted: false,
      refusal: {
        dimension: spec.dimension,
        window: spec.window,
        limit: spec.limit,
        used: Math.max(0, Math.round(spec.burst - (meters[worst] as Meter).remaining(now))),
        requested: costs[worst] as number,
        waitMs: Math.max(waits[worst] as number, waitAfterCost),
        stated: this.limits.stated ?? 'full',
        readings: this.#read(meters, now),
      },
    };
  }

  #metersOf(model: string): Meter[] {
    let meters = this.#budgets.get(model);
    if (meters === undefined) {
      const make = this.limits.algorithm === 'fixed_window' ? FixedWindow : TokenBucket;
      meters = this.#specs.map((spec) => new make(spec));
      this.#budgets.set(model, meters);
    }
    return meters;
  }

  #read(meters: readonly Meter[], now: number): Reading[] {
    return this.#specs.map((spec, i) => {
      const meter = meters[i] as Meter;
      return {
        dimension: spec.dimension,
        window: spec.window,
        limit: spec.limit,
        remaining: Math.floor(meter.remaining(now) + 1e-6),
        fullInMs: meter.fullInMs(now),
      };
    });
  }
}
