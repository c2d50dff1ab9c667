import type { ProviderEvent, ProviderState } from '../pool/key-events';
import { ProviderFacts } from './provider-facts';
import { isCalled, type ProviderAssessment } from './provider-state';

/** A provider must have been well for this long before it is said to have recovered; milliseconds. */
const CALM_MS = 60_000;
/** It doubles with each time that the provider failed within the hour, up to this; milliseconds. */
const LONGEST_CALM_MS = 16 * 60_000;
const REMEMBERED_MS = 60 * 60_000;

/** States in which a provider serves nobody. */
const IN_TROUBLE: ReadonlySet<ProviderState> = new Set<ProviderState>(['failing', 'no_usable_key']);
export const isInTrouble = (state: ProviderState): boolean => IN_TROUBLE.has(state);

/** Follows one provider: since when it is in its state, and which changes are announced. A provider that flaps is announced once (hysteresis). */
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

  /** Whether trouble was announced that is not over yet. */
  get isTroubled(): boolean {
    return this.#announced !== undefined;
  }

  /** Takes in the current state. @returns Since when the provider is in it, milliseconds since the epoch. */
  saw(assessment: ProviderAssessment, now: number): number {
    // A pause says itself since when: one instance may hear of it after it was changed.
    if (assessment.state !== this.#state || assessment.state === 'paused') {
      this.#state = assessment.state;
      this.#since = assessment.since ?? now;
    }
    return this.#since;
  }

  /** The event that announces the state; undefined where nothing is to be announced. */
  announcement({ state, reason, until }: ProviderAssessment, now: number): ProviderEvent | undefined {
    const { provider } = this;
    // On purpose: neither trouble nor the end of it, which is seen when the provider is resumed.
    if (state === 'paused') {
      this.#calmSince = undefined;
      return undefined;
    }
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
