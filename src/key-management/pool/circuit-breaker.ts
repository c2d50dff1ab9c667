import { CONSEQUENCES, type Outcome } from '../vendors/contract/outcome';
import { TRIAL_MS } from './key/trial';

/** The sliding window: the number of latest calls that count. */
const WINDOW = 20;
/** The breaker opens when this number of calls in the window failed by the vendor's fault … */
const MOST_FAILED = 18;
/** … and none of those failures is older than this. Milliseconds. */
const RECENT_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

/** Times are milliseconds since the epoch. */
type State =
  | { readonly kind: 'closed'; readonly since: number }
  /** `ms`: the length of the pause, which grows. `stated`: the vendor asked for it. */
  | {
      readonly kind: 'open';
      readonly since: number;
      readonly until: number;
      readonly ms: number;
      readonly stated: boolean;
    }
  /** One call is out to see whether the vendor is back. */
  | { readonly kind: 'half_open'; readonly since: number; readonly ms: number };

/** The state of a provider's circuit breaker. Times are milliseconds since the epoch. */
export type BreakerStatus = {
  /** `closed`: calls go through. `open`: none does. `half_open`: single trial calls do. */
  readonly state: 'closed' | 'open' | 'half_open';
  readonly since: number;
  /** When the next trial call may go; undefined where one may go now, and while the breaker is closed. */
  readonly until?: number;
};

/** One call as it was settled. Times are milliseconds since the epoch. */
export interface SettledCall {
  readonly outcome: Outcome;
  readonly keyId: string;
  readonly startedAt: number;
  /** Until when the vendor asked to be left alone; 0 if it did not. */
  readonly statedUntil: number;
  /** The call had been accepted before: that it ended well tells nothing new. */
  readonly wasAccepted: boolean;
}

/**
 * The circuit breaker of one provider (as in Nygard's "Release It!"). It opens when nearly every call fails for a reason that is no key's:
 * the vendor is down, or cannot be reached; and when two keys in a row are asked by the vendor to wait. Single trial calls find out when it
 * is back: each is bounded, so that one that hangs does not hold up the next. No key is blamed.
 */
export class CircuitBreaker {
  #state: State;
  /** A ring buffer: when each of the latest calls failed, −1 for a call that did not fail. */
  readonly #window: number[] = [];
  #next = 0;
  #failed = 0;
  /** The key that was last asked to wait while no call has gone well since, and until when. */
  #statedBy: string | undefined = undefined;
  #statedUntil = 0;

  /**
   * @param now Milliseconds since the epoch, as all times here.
   * @param changed Called after each change of state.
   */
  constructor(
    now: number,
    private readonly changed: () => void = () => undefined,
  ) {
    this.#state = { kind: 'closed', since: now };
  }

  /** The breaker is closed, and no key was asked to wait: that the vendor accepts a call tells nothing new. */
  get isCalm(): boolean {
    return this.#state.kind === 'closed' && this.#statedBy === undefined;
  }

  /** The breaker is closed, and none of the latest calls failed: a call that ended well changes nothing. */
  get isSpotless(): boolean {
    return this.isCalm && this.#failed === 0;
  }

  /** Whether a call may go now. */
  admits(now: number): boolean {
    const state = this.#state;
    if (state.kind === 'closed') return true;
    return now >= (state.kind === 'open' ? state.until : state.since + TRIAL_MS);
  }

  /** A call goes: where the breaker is not closed, the call is the trial. */
  passed(now: number): void {
    if (this.#state.kind !== 'closed') this.#become({ kind: 'half_open', since: now, ms: this.#state.ms });
  }

  /** No call may go until some later time. */
  isOpen(now: number): boolean {
    return this.#state.kind === 'open' && this.#state.until > now;
  }

  /** When the next trial may go at the latest, milliseconds since the epoch; undefined if a call may go now. */
  admitsAt(now: number): number | undefined {
    return this.admits(now) ? undefined : this.status(now).until;
  }

  /** The state as others may see it: an open breaker whose pause is over is half-open. */
  status(now: number): BreakerStatus {
    const state = this.#state;
    if (state.kind === 'closed') return { state: 'closed', since: state.since };
    if (state.kind === 'half_open') return { state: 'half_open', since: state.since, until: state.since + TRIAL_MS };
    if (state.until > now) return { state: 'open', since: state.since, until: state.until };
    return { state: 'half_open', since: state.until };
  }

  /** The vendor has begun to answer a call well. True if those who wait should look again. */
  accepted(now: number): boolean {
    this.#statedBy = undefined;
    if (this.#state.kind === 'closed') return false;
    this.#become({ kind: 'closed', since: now });
    return true;
  }

  /** A probe was answered well: the next call may be a trial, unless the vendor itself named the time. True as for `accepted`. */
  probed(now: number): boolean {
    const state = this.#state;
    if (state.kind === 'closed' || (state.kind === 'open' && (state.stated || state.until <= now))) return false;
    this.#become({ kind: 'open', since: state.since, until: now, ms: state.ms, stated: false });
    return true;
  }

  /** Counts a settled call. True if those who wait should look again. */
  settled(call: SettledCall, now: number): boolean {
    const { outcome, startedAt, statedUntil, wasAccepted } = call;
    const { fault } = CONSEQUENCES[outcome];
    const failed = fault === 'vendor' || fault === 'network';
    const state = this.#state;
    if (state.kind === 'closed') {
      this.#settledWhileClosed(call, failed, now);
      return false;
    }
    // What began before the trial does not speak of the vendor as it is now.
    const isTrial = state.kind === 'half_open' && startedAt >= state.since;
    if (outcome === 'cancelled') {
      // A trial that the caller gave up says nothing: the next call is another trial.
      if (!isTrial) return false;
      this.#become({ kind: 'open', since: state.since, until: now, ms: state.ms, stated: false });
      return true;
    }
    if (!failed) return wasAccepted ? false : this.accepted(now);
    if (!isTrial) return false;
    this.#open(Math.min(LONGEST_PAUSE_MS, state.ms * 2), statedUntil, now);
    return true;
  }

  #settledWhileClosed({ keyId, statedUntil, wasAccepted }: SettledCall, failed: boolean, now: number): void {
    if (!failed && this.isSpotless) return;
    this.#note(failed ? now : -1);
    if (!failed && !wasAccepted) this.#statedBy = undefined;
    if (failed && statedUntil > now) {
      const isSecond = this.#statedBy !== undefined && this.#statedBy !== keyId && this.#statedUntil > now;
      // For as long as both keys are asked to wait: what the vendor asks of one key alone beyond that is no reason to pause.
      const agreed = isSecond ? Math.min(this.#statedUntil, statedUntil) : 0;
      this.#statedBy = keyId;
      this.#statedUntil = statedUntil;
      if (isSecond) return this.#open(FIRST_PAUSE_MS, agreed, now);
    }
    if (this.#isDown(now)) this.#open(FIRST_PAUSE_MS, 0, now);
  }

  /** @param statedUntil The end that the vendor stated; 0 where it stated none. */
  #open(ms: number, statedUntil: number, now: number): void {
    const stated = statedUntil > now;
    this.#window.length = 0;
    this.#next = 0;
    this.#failed = 0;
    this.#become({ kind: 'open', since: now, until: stated ? statedUntil : now + ms, ms, stated });
  }

  #become(state: State): void {
    this.#state = state;
    this.changed();
  }

  #note(at: number): void {
    const replaced = this.#window[this.#next];
    if (replaced !== undefined && replaced >= 0) this.#failed -= 1;
    if (at >= 0) this.#failed += 1;
    this.#window[this.#next] = at;
    this.#next = (this.#next + 1) % WINDOW;
  }

  #isDown(now: number): boolean {
    if (this.#failed < MOST_FAILED) return false;
    return this.#window.every((at) => at < 0 || now - at <= RECENT_MS);
  }
}
