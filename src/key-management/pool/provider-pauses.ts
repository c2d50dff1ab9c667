import type { Clock } from '../common/clock';
import type { ChangedBy, ProviderPausedEvent, ProviderResumedEvent } from './key-events';

/** That an administrator paused a provider. Times are milliseconds since the epoch. */
export interface ProviderPause {
  readonly since: number;
  /** When it ends by itself; Infinity where it holds until somebody resumes the provider. */
  readonly until: number;
}

/** A later end is waited for in pieces: timers are no good for months. Milliseconds. */
const LONGEST_TIMER_MS = 24 * 60 * 60_000;

/** Called after each change; `pause` is undefined where the provider serves again. */
type PauseChanged = (pause: ProviderPause | undefined, event: ProviderPausedEvent | ProviderResumedEvent) => void;

/** Which providers an administrator has paused, also those that have no pool yet. A pause that has an end is over by itself. */
export class ProviderPauses {
  readonly #pauses = new Map<string, ProviderPause>();
  readonly #timers = new Map<string, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly changed: PauseChanged,
  ) {}

  /** The pause that is in force; undefined for none. */
  get(provider: string): ProviderPause | undefined {
    const pause = this.#pauses.get(provider);
    return pause !== undefined && pause.until > this.clock.now() ? pause : undefined;
  }

  /** Pauses the provider, or resumes it. What is so already changes nothing, and no event tells of it. */
  set(provider: string, given: ProviderPause | undefined, by: ChangedBy): void {
    const now = this.clock.now();
    const pause = given !== undefined && given.until > now ? given : undefined;
    const before = this.#pauses.get(provider);
    if (pause === undefined) {
      if (before !== undefined) this.#resume(provider, before, by);
      return;
    }
    this.#pauses.set(provider, pause);
    if (before?.until === pause.until) return;
    this.#arm(provider, pause);
    this.changed(pause, pausedEvent(provider, pause, by, now));
  }

  /** The provider's pool is closed: whoever opens it again says whether it is paused. */
  forget(provider: string): void {
    this.#timers.get(provider)?.();
    this.#timers.delete(provider);
    this.#pauses.delete(provider);
  }

  /** Takes the timers back. */
  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #arm(provider: string, { until }: ProviderPause): void {
    this.#timers.get(provider)?.();
    this.#timers.delete(provider);
    if (until === Infinity) return;
    const ms = Math.min(LONGEST_TIMER_MS, until - this.clock.now());
    this.#timers.set(
      provider,
      this.clock.after(ms, () => this.#look(provider), false),
    );
  }

  #look(provider: string): void {
    this.#timers.delete(provider);
    const pause = this.#pauses.get(provider);
    if (pause === undefined) return;
    if (pause.until > this.clock.now()) this.#arm(provider, pause);
    else this.#resume(provider, pause, 'time');
  }

  #resume(provider: string, { since }: ProviderPause, by: ChangedBy): void {
    this.#timers.get(provider)?.();
    this.#timers.delete(provider);
    this.#pauses.delete(provider);
    const at = new Date(this.clock.now());
    const reason = by === 'time' ? 'The pause is over.' : 'An administrator resumed it.';
    this.changed(undefined, { type: 'provider_resumed', provider, at, by, reason, since: new Date(since) });
  }
}

/** One sentence: until when the provider is paused. */
export const pauseReason = (provider: string, { until }: ProviderPause): string =>
  until === Infinity
    ? `${provider} is paused by an administrator, and serves no calls until it is resumed.`
    : `${provider} is paused by an administrator, and serves no calls until ${new Date(until).toISOString()} or until it is resumed.`;

function pausedEvent(provider: string, pause: ProviderPause, by: ChangedBy, now: number): ProviderPausedEvent {
  const ends = pause.until === Infinity ? {} : { until: new Date(pause.until) };
  const reason = pauseReason(provider, pause);
  return { type: 'provider_paused', provider, at: new Date(now), by, state: 'paused', reason, ...ends };
}
