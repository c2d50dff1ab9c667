/** Every fifth call may be retried: enough for single failures, too few for a storm. */
const CALLS_PER_RETRY = 5;
/** Retries that need no calls before them, so that little traffic may retry too. */
const INITIAL_RETRIES = 20;
/** The most retries that can be saved up. */
const MAX_RETRIES = 100;

/**
 * Keeps retries of vendor failures within a share of the recent calls, so that an outage is not answered by a storm of retries. A token
 * bucket that calls fill and retries empty.
 */
export class RetryBudget {
  /** In calls: a retry costs five. */
  #credit = INITIAL_RETRIES * CALLS_PER_RETRY;

  /** A call began. */
  called(): void {
    this.#credit = Math.min(MAX_RETRIES * CALLS_PER_RETRY, this.#credit + 1);
  }

  /** Takes one retry; false if none is left. */
  take(): boolean {
    if (this.#credit < CALLS_PER_RETRY) return false;
    this.#credit -= CALLS_PER_RETRY;
    return true;
  }
}
