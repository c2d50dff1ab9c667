/** Limits that a user states for one key. They are hard: a key at its limit is not chosen. */
export interface KeyLimits {
  /** Calls in flight at once. */
  concurrency?: number;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
}

/** One key with what a user may say of it. */
export interface KeyInput {
  key: string;
  label?: string;
  /** Share of calls relative to the other keys of the pool. Default 1. */
  weight?: number;
  /** Keys of one vendor project or organization share its limits: name it, and a refusal of one cools down them all. */
  quotaGroup?: string;
  /** The only models this key may be used for. Default: any. */
  models?: string[];
  limits?: KeyLimits;
}

/** Where a key came from. Keys from the configuration are never written to a store. */
export type KeyOrigin = 'configuration' | 'runtime';

export interface LeaseOptions {
  /** The model of the call: keys that cool down for it, or are not for it, are passed over. */
  model?: string;
  /** The endpoint of the call, as `/v1/embeddings` or `GET /v1/files`: keys that cool down for it are passed over. */
  endpoint?: string;
  /** Ids of keys that must not be chosen. */
  exclude?: ReadonlySet<string>;
}

/** What an administrator may change of a key. */
export interface KeyUpdate {
  label?: string;
  weight?: number;
  limits?: KeyLimits;
}
