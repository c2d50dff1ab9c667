import type { ProviderEvent, ProviderState } from '../pool/key-events';
import { ProviderFacts } from './provider-facts';
import { isCalled, type ProviderVerdict } from './provider-state';

/** A provider must have been well for this long before it is said to have recovered; milliseconds. */
const CALM_MS = 60_000;
/** It doubles with each time that the provider failed within the hour, up to this; milliseconds. */
const LONGEST_CALM_MS = 16 * 60_000;
const REMEMBERED_MS = 60 * 60_000;

/** Serves nobody. */
const IN_TROUBLE: ReadonlySet<ProviderState> = new Set<ProviderState>(['failing', 'no_usable_key']);
export const isInTrouble = (state: ProviderState): boolean => IN_TROUBLE.has(state);

/** Follows one provider: since when it is in its state, and what is to be announced of it. Flapping is announced once. */
export class ProviderWatch {
  readonly facts: ProviderFacts;
  #state: ProviderState | undefined;
  #since = 0;
  /** The trouble that was announced and has not been said to be over. */
  #announced: { readonly since: number } | undefined;
  #calmSince: number | undefined;
  /** When trouble was announced within the hour. */
  #announcedAt: number[] = [];

  constructor(
    readonly provider: string,
    now: () => number,
  ) {
    this.facts = new ProviderFacts(now);
  }

  /** Trouble was announced and is not over yet. */
  get isTroubled(): boolean {
    return this.#announced !== undefined;
  }

  /** Takes in the state as it is now; answers since when it is so. Milliseconds since the epoch. */
  saw(verdict: ProviderVerdict, now: number): number {
    if (verdict.state !== this.#state) {
      this.#state = verdict.state;
      this.#since = verdict.since ?? now;
    }
    return this.#since;
  }

  /** What is to be told of the state, if anything. */
  announcement({ state, reason, until }: ProviderVerdict, now: number): ProviderEvent | undefined {
    const { provider } = this;
    if (isInTrouble(state) && isCalled(this.facts.lastCallAt, now)) {
      this.#calmSince = undefined;
      if (this.#announced) return undefined;
      this.#announced = { since: this.#since };
      this.#announcedAt = [...this.#announcedAt.filter((at) => now - at < REMEMBERED_MS), now];
      const ends = until === undefined ? {} : { until: new Date(until) };
      return { type: 'provider_failing', provider, at: new Date(now), by: 'call', state, reason, ...ends };
    }
    if (!this.#announced) return undefined;
    this.#calmSince ??= now;
    const calmMs = Math.min(LONGEST_CALM_MS, CALM_MS * 2 ** (this.#announcedAt.length - 1));
    if (now - this.#calmSince < calmMs) return undefined;
    const since = new Date(this.#announced.since);
    this.#announced = this.#calmSince = undefined;
    return { type: 'provider_recovered', provider, at: new Date(now), by: 'time', state, reason, since };
  }
}
