import type { Outcome } from './classification/outcome';
import type { KeyStatus } from './pool/key-state';

export type KeyManagementErrorCode =
  | 'NO_HEALTHY_KEYS'
  | 'ATTEMPTS_EXHAUSTED'
  | 'CALL_REJECTED'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'UNKNOWN_PROVIDER'
  | 'UNKNOWN_KEY';

/** One attempt of a call: which key, what came of it, and how long it took. */
export interface AttemptReport {
  /** Set where a call went to several providers (`executeFirst`). */
  provider?: string;
  keyId: string;
  maskedKey: string;
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

  constructor(
    message: string,
    details: KeyManagementErrorDetails & { counts: Partial<Record<KeyStatus, number>>; soonestRecovery?: Date },
  ) {
    super('NO_HEALTHY_KEYS', message, details);
    this.counts = details.counts;
    this.soonestRecovery = details.soonestRecovery;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), counts: this.counts, soonestRecovery: this.soonestRecovery };
  }
}

/** All retries were used; `cause` is the last failure. */
export class AttemptsExhaustedError extends KeyManagementError {
  constructor(message: string, details: KeyManagementErrorDetails) {
    super('ATTEMPTS_EXHAUSTED', message, details);
  }
}

/** The vendor refused the call for a reason that no other key changes. Not retried; `cause` is the vendor's error. */
export class CallRejectedError extends KeyManagementError {
  constructor(message: string, details: KeyManagementErrorDetails) {
    super('CALL_REJECTED', message, details);
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

/** No pool has that name. */
export class UnknownProviderError extends KeyManagementError {
  constructor(provider: string, known: readonly string[]) {
    super(
      'UNKNOWN_PROVIDER',
      `There is no provider "${provider}". Known: ${known.join(', ') || 'none'}. Add it to the option "providers", or register a health checker for it.`,
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
