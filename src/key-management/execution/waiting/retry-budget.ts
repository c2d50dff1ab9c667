/** Every fifth call may be retried: enough for single failures, too few for a storm. */
const CALLS_PER_RETRY = 5;
/** Retries that need no calls before them, so that little traffic may retry too. */
const RESERVE = 20;
const MOST = 100;

/** Keeps retries of vendor failures within a share of the recent calls, so that an outage is not answered by a storm. */
export class RetryBudget {
  /** In calls: a retry takes five. */
  #credit = RESERVE * CALLS_PER_RETRY;

  /** A call began. */
  called(): void {
    this.#credit = Math.min(MOST * CALLS_PER_RETRY, this.#credit + 1);
  }

  /** Takes one retry; false if none is left. */
  take(): boolean {
    if (this.#credit < CALLS_PER_RETRY) return false;
    this.#credit -= CALLS_PER_RETRY;
    return true;
  }
}
