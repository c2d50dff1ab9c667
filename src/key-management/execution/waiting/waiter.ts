import { followAbort, unfollowAbort, type AbortFollower } from '../../common/abort-followers';
import type { AffinityTarget } from '../../pool/key/affinity-target';
import type { ExpectedTokens } from '../../pool/limits/expected-tokens';
import type { AttemptContext, CallTarget } from '../attempt-context';
import type { TimeLimit, TimeLimits } from './time-limits';

/**
 * So many calls may pass one that waits because it does not fit: about as many small calls as a refill for a big one holds, so that the refill is
 * put to use meanwhile, and the big one does not wait much longer than it would alone.
 */
export const MOST_OVERTAKES = 8;
/** A call that waits this long is passed no more, not even by few: people notice two seconds. Milliseconds. */
export const PASSED_FOR_MS = 2_000;

/**
 * Why a wait ended without a key. `hopeless`: none can come in time. `too_large`: the call fits no account. `queue_full`, `queue_slow`: too many
 * calls wait already, so that the wait did not begin.
 */
export type WaitRefusal = 'timed_out' | 'hopeless' | 'too_large' | 'queue_full' | 'queue_slow' | 'cancelled' | 'closed';

/** What a call waits for, and how long. */
export interface WaitRequest extends CallTarget {
  /** Keys that the call tried already: they are taken only where no other key is eligible. */
  readonly tried: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  readonly signal: AbortSignal | undefined;
  /** Of a batch call: when it counts as interactive. Milliseconds since the epoch. */
  readonly agesAt?: number;
}

/** The model and the endpoint of a line; the symbol for the line that many share. */
export type LineName = string | symbol | undefined;

/** A call that waits for a key. */
export class Waiter implements CallTarget, AbortFollower {
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  readonly tokens: ExpectedTokens | undefined;
  readonly spillsAt: number | undefined;
  readonly affinity: AffinityTarget | undefined;
  readonly movesAt: number | undefined;
  /** It takes only a key of the account that it waits for. */
  isHeld: boolean;
  /** How many calls that came later were served before it, while it was the first of its group. */
  overtakes = 0;
  /** It takes only what interactive calls leave. */
  isBatch: boolean;
  /** When a key was last looked for. Milliseconds since the epoch. */
  lookedAt: number;
  /** An account is kept for it. */
  isSetAside = false;
  #limit: TimeLimit | undefined;
  #age: TimeLimit | undefined;

  /**
   * @param ticket The order of arrival.
   * @param since Milliseconds since the epoch.
   */
  constructor(
    private readonly request: WaitRequest,
    readonly line: LineName,
    public ticket: number,
    private since: number,
    /** The name of the account that it belongs to. */
    readonly account: string | undefined,
    private readonly onEnd: (result: AttemptContext | WaitRefusal) => void,
  ) {
    this.model = request.model;
    this.endpoint = request.endpoint;
    this.tokens = request.tokens;
    this.spillsAt = request.spillsAt;
    this.affinity = request.affinity;
    this.movesAt = request.movesAt;
    this.isHeld = this.isHeldAt(since);
    this.isBatch = request.agesAt !== undefined;
    this.lookedAt = since;
  }

  /** The account that is kept for it is taken by it alone. */
  get holder(): object {
    return this;
  }

  get tried(): ReadonlySet<string> {
    return this.request.tried;
  }

  get endsAt(): number {
    return this.request.endsAt;
  }

  /** @param ages Called when a batch call has waited long enough. */
  begin(limits: TimeLimits, ages: () => void): void {
    const { endsAt, agesAt, signal } = this.request;
    this.#limit = limits.at(endsAt, () => this.end('timed_out'));
    if (agesAt !== undefined) this.#age = limits.at(agesAt, ages);
    followAbort(signal, this);
  }

  end(result: AttemptContext | WaitRefusal): void {
    this.#limit?.cancel();
    this.#age?.cancel();
    unfollowAbort(this.request.signal, this);
    this.onEnd(result);
  }

  aborted(): void {
    this.end('cancelled');
  }

  /** It counts as an interactive call that comes now. */
  aged(ticket: number, now: number): void {
    this.isBatch = false;
    this.ticket = ticket;
    this.since = now;
    this.overtakes = 0;
  }

  /** Whether it takes only a key of its account at this time. Milliseconds since the epoch. */
  isHeldAt(now: number): boolean {
    const { account, affinity, movesAt = 0 } = this;
    return account !== undefined && (affinity?.kind === 'hard' || movesAt > now);
  }

  /** It was passed often or long enough: an account is to be kept for it. */
  isOverdue(now: number): boolean {
    if (this.isBatch || (this.isHeld && this.affinity?.kind === 'soft')) return false;
    if (this.overtakes >= MOST_OVERTAKES) return true;
    // What has no size and was passed by nobody waits for any key, as all others do.
    return now - this.since >= PASSED_FOR_MS && (this.overtakes > 0 || this.tokens !== undefined);
  }
}
