import { CONSEQUENCES, type Outcome } from '../classification/outcome';

/** So many of the latest verdicts are looked at. */
const WINDOW = 20;
/** The pause begins when so many of them are the vendor's fault … */
const MOST_FAILED = 18;
/** … and the oldest of them is at most this old; milliseconds. */
const RECENT_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'paused'; readonly until: number; readonly ms: number }
  /** One call is out to see whether the vendor is back. */
  | { readonly kind: 'trial'; readonly ms: number };

const OPEN: State = { kind: 'open' };

/** How a provider's circuit breaker stands, in the words of the pattern: `closed` lets calls pass. Milliseconds since the epoch. */
export interface BreakerStatus {
  readonly state: 'closed' | 'open' | 'half_open';
  /** When it came to stand so; 0 where it always has. */
  readonly since: number;
  /** Of an open one: when the next trial call may go. */
  readonly until?: number;
}

/**
 * Pauses a whole provider when nearly every call fails for a reason that is no key's: the vendor is down, or cannot be reached.
 * Single trial calls find out when it is back. No key is blamed.
 */
export class ProviderGate {
  #state: State = OPEN;
  #since = 0;
  /** Of the latest failures in a row of verdicts: when each came, −1 for a verdict that was none. */
  readonly #verdicts: number[] = [];
  #next = 0;
  #failed = 0;

  /** Whether a call may go now. */
  admits(now: number): boolean {
    const state = this.#state;
    return state.kind === 'open' || (state.kind === 'paused' && now >= state.until);
  }

  /** Half-open from the moment in which a trial call may go, until one has gone well or badly. */
  status(now: number): BreakerStatus {
    const state = this.#state;
    if (state.kind === 'open') return { state: 'closed', since: this.#since };
    if (state.kind === 'trial') return { state: 'half_open', since: this.#since };
    if (now >= state.until) return { state: 'half_open', since: state.until };
    return { state: 'open', since: this.#since, until: state.until };
  }

  /** A call goes: behind a pause it is the trial. */
  passed(): void {
    if (this.#state.kind !== 'paused') return;
    this.#since = this.#state.until;
    this.#state = { kind: 'trial', ms: this.#state.ms };
  }

  /** When the next trial may go; undefined if one may go now, or is out. Milliseconds since the epoch. */
  pausedUntil(now: number): number | undefined {
    return this.#state.kind === 'paused' && this.#state.until > now ? this.#state.until : undefined;
  }

  /** Takes in a verdict. True if those who wait should look again. */
  settled(outcome: Outcome, now: number): boolean {
    const { fault } = CONSEQUENCES[outcome];
    const failed = fault === 'vendor' || fault === 'network';
    const state = this.#state;
    if (state.kind === 'open') {
      if (!failed && this.#failed === 0) return false;
      this.#note(failed ? now : -1);
      if (this.#isDown(now)) this.#pause(FIRST_PAUSE_MS, now);
      return false;
    }
    if (outcome === 'cancelled') {
      // A trial that was given up says nothing: the next call is one.
      if (state.kind === 'trial') this.#state = { kind: 'paused', until: now, ms: state.ms };
    } else if (!failed) {
      this.#state = OPEN;
      this.#since = now;
    } else if (state.kind === 'trial') this.#pause(Math.min(LONGEST_PAUSE_MS, state.ms * 2), now);
    else return false;
    return true;
  }

  #pause(ms: number, now: number): void {
    this.#state = { kind: 'paused', until: now + ms, ms };
    this.#since = now;
    this.#verdicts.length = 0;
    this.#next = 0;
    this.#failed = 0;
  }

  #note(at: number): void {
    const replaced = this.#verdicts[this.#next];
    if (replaced !== undefined && replaced >= 0) this.#failed -= 1;
    if (at >= 0) this.#failed += 1;
    this.#verdicts[this.#next] = at;
    this.#next = (this.#next + 1) % WINDOW;
  }

  #isDown(now: number): boolean {
    if (this.#failed < MOST_FAILED) return false;
    return this.#verdicts.every((at) => at < 0 || now - at <= RECENT_MS);
  }
}
