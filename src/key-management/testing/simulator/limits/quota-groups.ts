import { Limiter } from './limiter';
import type { RateLimits } from './rate-limits';

/** Keys of one organization or project share one budget. */
export class QuotaGroups {
  readonly #limiters = new Map<string, Limiter>();

  limiterFor(limits: RateLimits): Limiter {
    if (limits.quotaGroup === undefined) return new Limiter(limits);
    const { quotaGroup, requestsPerSecond, requestsPerMinute, requestsPerDay, tokensPerMinute } = limits;
    const { burst, algorithm, perModel, costOn429 } = limits;
    const budget = [requestsPerSecond, requestsPerMinute, requestsPerDay, tokensPerMinute, burst];
    const name = JSON.stringify([quotaGroup, budget, algorithm, perModel, costOn429]);
    let limiter = this.#limiters.get(name);
    if (limiter === undefined) this.#limiters.set(name, (limiter = new Limiter(limits)));
    return limiter;
  }

  clear(): void {
    this.#limiters.clear();
  }
}
