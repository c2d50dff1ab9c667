import type { AttemptReport, KeyManagementError } from '../errors';
import type { Usage } from '../usage/usage';

/** What a managed call is given for one attempt. Prints without its key. */
export interface CallContext {
  /** The raw key, for the vendor's request and nothing else. */
  readonly apiKey: string;
  /**
   * Which key it is. A function that calls vendors by itself, with keys that have base URLs or headers of their own, looks them up in its own
   * configuration by this id; the managed fetch goes by them without.
   */
  readonly keyId: string;
  /** The vendor account that the key shares with others, where it is known: its `quotaGroup`, or what answers named. */
  readonly account?: string | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /**
   * Aborts when the caller aborts or a time limit passes, also while an answer still streams after the function has returned it.
   * Made when first read.
   */
  readonly signal: AbortSignal;
  /**
   * The global fetch under this attempt's signal and the call's time limits, to the end of each answer, and watched: it shows the pool the
   * vendor's rate-limit headers, and keeps the key in use until the answer has ended.
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Says what the call used, where its answer does not say so in a way that is read here: it goes before what was seen. May be called again, and
   * also once after the function has returned, as at the end of a stream that the function has returned.
   * @param usage Totals, as {@link Usage} has them; what is left out is what was seen, or 0. Without `costUsd` the price that is known counts.
   * @throws TypeError for anything else than whole tokens, 0 or more, and dollars, 0 or more
   */
  reportUsage(usage: Partial<Usage>): void;
}

/** The caller's function: makes one request to the vendor. Called once per attempt. */
export type ManagedCall<T> = (context: CallContext) => Promise<T>;

/** The options of a managed call. */
export interface ExecuteOptions {
  /** Retries of failures that leave the key in the pool. Default: the module's `maxRetries`. */
  maxRetries?: number;
  /** Milliseconds for the whole call with all its waits, and an answer that goes on after it. Default: none. */
  timeoutMs?: number;
  /** Milliseconds for one attempt. Default: none. */
  attemptTimeoutMs?: number;
  /** Milliseconds the call may wait for a key in all. Default 10,000. */
  maxWaitMs?: number;
  signal?: AbortSignal;
  /** The model called: keys that cool down for it, or are not for it, are passed over. */
  model?: string;
  /**
   * The endpoint called, as `/v1/embeddings`, or `GET /v1/files` for another method than POST: keys that cool down for it are passed over.
   * At most 100 printable ASCII characters. Default: what the managed fetch or `context.fetch` sees of the request.
   */
  endpoint?: string;
  /**
   * The tokens that the call is expected to take of its account's limits, whole numbers: all of them, or those of the request and the most that the
   * answer may have. They are reserved while it runs, and corrected by the usage that the answer states. A call that can never fit the limits of
   * any account fails at once. Default: what calls for the model took lately; the managed fetch reads the request's size.
   */
  estimatedTokens?: number | { readonly input: number; readonly output?: number };
  /**
   * `batch`: the call takes what interactive calls leave. It waits behind them, and does not take the last room under a scarce limit while they
   * come. After half of its `maxWaitMs`, 10 s at the most, it counts as interactive. Default `interactive`.
   */
  priority?: 'interactive' | 'batch';
  /**
   * What the call belongs to: a conversation, a user, a prompt. Calls with the same id go to keys of one vendor account, the same on every instance, so
   * that they find its prompt caches. The account is left where it would be waited for longer than the provider's `affinityMaxWaitMs`, and half
   * of the call's `maxWaitMs` or `timeoutMs`. `hard`: the id is of something that exists in one account, and no other account is asked. 1 to 512
   * characters; never put a secret there.
   */
  affinity?: string | CallAffinity;
}

/** What a call belongs to. */
export interface CallAffinity {
  readonly id: string;
  /** The id is of something that exists in one account alone. Default false. */
  readonly hard?: boolean;
}

/** What a managed call took, whether it succeeded or failed. */
export interface ExecutionReport {
  provider: string;
  attemptsMade: number;
  /** Masked, in the order they were tried, each once. */
  keysTried: string[];
  totalTimeMs: number;
  attempts: AttemptReport[];
  /**
   * What all its attempts used together, as far as their answers state it; absent where none does. `costUsd` is absent where it is not known of one of
   * them. Of an answer that still streams when the call has ended it is set at the stream's end.
   */
  usage?: Usage;
  /**
   * Of a call with an affinity that made an attempt: whether the last one went to the account that it belongs to, or moved to another because that
   * one could not serve it soon.
   */
  affinity?: 'kept' | 'moved';
}

/** What a managed call came to. */
export type ExecutionResult<T> =
  | ({ success: true; response: T } & ExecutionReport)
  | ({ success: false; error: KeyManagementError; errorMessage: string } & ExecutionReport);
