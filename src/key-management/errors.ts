import type { Outcome } from './vendors/contract/outcome';
import { nearestName } from './common/near-miss';
import type { KeyStatus } from './pool/key/key-state';

export type KeyManagementErrorCode =
  | 'NO_HEALTHY_KEYS'
  | 'ATTEMPTS_EXHAUSTED'
  | 'CALL_REJECTED'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'UNKNOWN_PROVIDER'
  | 'UNKNOWN_KEY'
  | 'STORE_UNAVAILABLE';

/** One attempt of a call: which key, what came of it, and how long it took. */
export interface AttemptReport {
  /** Set where a call went to several providers (`executeFirst`). */
  provider?: string;
  keyId: string;
  maskedKey: string;
  /** The vendor account that the key shares with others, where it is known: the `quotaGroup`, or what answers named. */
  account?: string;
  /**
   * `ok` for an answer that still streams when its call returns. Where the stream's end shows a failure, `outcome`, `status` and `reason` change to it.
   */
  outcome: Outcome;
  /** The vendor's HTTP status, where there was one. */
  status?: number;
  /** One line for people; never holds a key. */
  reason?: string;
  durationMs: number;
  /** Milliseconds waited before this attempt: for a key, or to back off. */
  waitedMs: number;
}

export interface KeyManagementErrorDetails {
  provider: string;
  attempts?: readonly AttemptReport[];
  /** Milliseconds after which another try may succeed. */
  retryAfterMs?: number;
  /** The vendor's last error, unchanged. */
  cause?: unknown;
}

/** Written out, since a bundler that minifies renames classes. */
const NAMES: Readonly<Record<KeyManagementErrorCode, string>> = {
  NO_HEALTHY_KEYS: 'NoHealthyKeysError',
  ATTEMPTS_EXHAUSTED: 'AttemptsExhaustedError',
  CALL_REJECTED: 'CallRejectedError',
  DEADLINE_EXCEEDED: 'DeadlineExceededError',
  CANCELLED: 'CancelledError',
  UNKNOWN_PROVIDER: 'UnknownProviderError',
  UNKNOWN_KEY: 'UnknownKeyError',
  STORE_UNAVAILABLE: 'StoreUnavailableError',
};

/** What every failed call ends with. */
export class KeyManagementError extends Error {
  readonly provider: string;
  readonly attempts: readonly AttemptReport[];
  readonly retryAfterMs?: number;
  declare readonly cause: unknown;

  constructor(
    readonly code: KeyManagementErrorCode,
    message: string,
    { provider, attempts = [], retryAfterMs, cause }: KeyManagementErrorDetails,
  ) {
    super(message);
    this.name = NAMES[code];
    this.provider = provider;
    this.attempts = attempts;
    this.retryAfterMs = retryAfterMs;
    // A getter, so that printing this error does not print the vendor's, whose request holds the key in its headers.
    Object.defineProperty(this, 'cause', { get: () => cause, enumerable: false, configurable: true });
  }

  toJSON(): Record<string, unknown> {
    const { name, code, message, provider, attempts, retryAfterMs } = this;
    return { name, code, message, provider, attempts, retryAfterMs };
  }
}

/** No key of the provider could be used in time. */
export class NoHealthyKeysError extends KeyManagementError {
  /** How many keys stand in which status. */
  readonly counts: Readonly<Partial<Record<KeyStatus, number>>>;
  /** When the first of them may be back. */
  readonly soonestRecovery?: Date;
  /** An administrator paused the provider: `soonestRecovery` is the end of the pause, where it has one. */
  readonly paused?: true;

  constructor(
    message: string,
    details: KeyManagementErrorDetails & {
      counts: Partial<Record<KeyStatus, number>>;
      soonestRecovery?: Date;
      paused?: boolean;
    },
  ) {
    super('NO_HEALTHY_KEYS', message, details);
    this.counts = details.counts;
    this.soonestRecovery = details.soonestRecovery;
    if (details.paused === true) this.paused = true;
  }

  override toJSON(): Record<string, unknown> {
    const paused = this.paused === true ? { paused: true } : {};
    return { ...super.toJSON(), counts: this.counts, soonestRecovery: this.soonestRecovery, ...paused };
  }
}

/** All retries were used; `cause` is the last failure. */
export class AttemptsExhaustedError extends KeyManagementError {
  constructor(message: string, details: KeyManagementErrorDetails) {
    super('ATTEMPTS_EXHAUSTED', message, details);
  }
}

/**
 * The vendor refused the call for a reason that no other key changes: `cause` is its error. Or no attempt was made, since the call was asked for
 * wrongly (an option that is unknown or no such value: the message names it), or can never fit the limits of any account (`outcome`). Not retried.
 */
export class CallRejectedError extends KeyManagementError {
  /** `request_exceeds_key_limit` where the call takes more tokens than any account allows, so that no attempt was made. */
  readonly outcome?: Outcome;

  constructor(message: string, details: KeyManagementErrorDetails & { outcome?: Outcome }) {
    super('CALL_REJECTED', message, details);
    if (details.outcome !== undefined) this.outcome = details.outcome;
  }

  override toJSON(): Record<string, unknown> {
    return this.outcome === undefined ? super.toJSON() : { ...super.toJSON(), outcome: this.outcome };
  }
}

/** The call's time was over. */
export class DeadlineExceededError extends KeyManagementError {
  constructor(message: string, details: KeyManagementErrorDetails) {
    super('DEADLINE_EXCEEDED', message, details);
  }
}

/** The caller's signal aborted. */
export class CancelledError extends KeyManagementError {
  constructor(message: string, details: KeyManagementErrorDetails) {
    super('CANCELLED', message, details);
  }
}

/**
 * An administrator's change could not be kept in time: the store is away, full, read-only, or can never hold it. `provider` is empty
 * where the change belongs to none.
 */
export class StoreUnavailableError extends KeyManagementError {
  /** The change is in force in this process. */
  readonly applied: boolean;
  /** It waits in this process, and is written when the store works again; false if it ends with the process. */
  readonly willBeWritten: boolean;

  constructor(message: string, details: { provider: string; applied: boolean; willBeWritten: boolean }) {
    super('STORE_UNAVAILABLE', message, details);
    this.applied = details.applied;
    this.willBeWritten = details.willBeWritten;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), applied: this.applied, willBeWritten: this.willBeWritten };
  }
}

/** No pool has that name, or it is being closed. The message lists the known providers, and names the one that was probably meant. */
export class UnknownProviderError extends KeyManagementError {
  /** @param isClosing It was opened at run time, and its last calls are still under way. */
  constructor(provider: string, known: readonly string[], isClosing = false) {
    const near = nearestName(provider, known);
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    super(
      'UNKNOWN_PROVIDER',
      isClosing
        ? `The pool "${provider}" is being closed: it takes no more calls. Open it again when they have ended.`
        : `There is no provider "${provider}".${hint} Known: ${known.join(', ') || 'none'}. Add it to the option "providers", or register a health checker for it.`,
      { provider },
    );
  }
}

/** The provider's pool has no key of that id. */
export class UnknownKeyError extends KeyManagementError {
  constructor(provider: string, keyId: string) {
    super('UNKNOWN_KEY', `The pool of ${provider} has no key with the id "${keyId.slice(0, 32)}".`, { provider });
  }
}
