import type { KeyInput } from '../pool/key/key-input';

/** What a source is told when it is read. */
export interface KeySourceRequest {
  /** The provider whose keys are wanted. */
  readonly provider: string;
  /** Aborts after 10 s, when the read counts as failed, and when the app closes. */
  readonly signal: AbortSignal;
}

/**
 * Where the keys of a provider come from while the app runs. What is new is checked before it is used; what changed (settings, or the key under the
 * same `id`) is changed in place; what is gone serves no new call, and is removed when its calls have ended. A read that fails, that gives no key, or
 * whose keys are all refused changes nothing: the keys that are there stay, and it is read again after 1 s, doubling to a minute. Reads never overlap.
 * No key of a source is written to a store. Each instance of the app reads its own source; what is gone at one instance stays at the others until it
 * is gone there.
 */
export interface KeySource {
  /** Shown as the `origin` of its keys: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`. Default `source`. */
  readonly name?: string;
  /** All keys that there are now. Given up after 10 s. */
  read(request: KeySourceRequest): Promise<readonly (string | KeyInput)[]>;
  /**
   * Calls `changed` whenever there may be something new; returns what ends that. It may be called often: the source is read 250 ms after the first
   * call, and at most once a second.
   */
  watch?(changed: () => void): () => void;
  /** Milliseconds between two reads, 250 or more, also where it is watched. Default 60,000. */
  readonly refreshMs?: number;
}

/** The interval between two reads where the source states none. Milliseconds. */
export const DEFAULT_REFRESH_MS = 60_000;
export const LEAST_REFRESH_MS = 250;
