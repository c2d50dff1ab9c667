/** Limits of one key, or of all keys of one quota group (an organization, a project). */
export interface RateLimits {
  readonly requestsPerSecond?: number;
  readonly requestsPerMinute?: number;
  readonly requestsPerDay?: number;
  /** Estimated as the vendors do: a quarter of the request's bytes plus the output it asks for. */
  readonly tokensPerMinute?: number;
  /** How many requests may come at once; the limit of the window when left out. */
  readonly burst?: number;
  readonly algorithm?: 'token_bucket' | 'fixed_window';
  /** Whether every model has a budget of its own, as all three vendors have it. Default true. */
  readonly perModel?: boolean;
  /** Whether a refused request costs too, so that hammering never succeeds (OpenAI). Default false. */
  readonly costOn429?: boolean;
  /** Keys with the same group and the same limits share one budget. */
  readonly quotaGroup?: string;
  /** What a refusal says about the wait: all it can, only the body, or nothing. Default `full`. */
  readonly stated?: 'full' | 'body' | 'none';
}

export type Dimension = 'requests' | 'tokens';
export type Window = 'second' | 'minute' | 'day';

export const WINDOW_MS: Readonly<Record<Window, number>> = { second: 1000, minute: 60_000, day: 86_400_000 };

export interface LimitSpec {
  readonly dimension: Dimension;
  readonly window: Window;
  readonly limit: number;
  readonly burst: number;
}

export function limitSpecs(limits: RateLimits): LimitSpec[] {
  const specs: LimitSpec[] = [];
  const add = (dimension: Dimension, window: Window, limit: number | undefined, burst?: number): void => {
    if (limit === undefined) return;
    if (!(limit > 0)) throw new RangeError(`a limit of ${limit} ${dimension} per ${window} lets nothing through`);
    specs.push({ dimension, window, limit, burst: burst ?? Math.max(1, limit) });
  };
  add('requests', 'second', limits.requestsPerSecond, limits.burst);
  add('requests', 'minute', limits.requestsPerMinute, limits.burst);
  add('requests', 'day', limits.requestsPerDay);
  add('tokens', 'minute', limits.tokensPerMinute);
  if (specs.length === 0) throw new RangeError('rateLimited needs at least one limit');
  return specs;
}
