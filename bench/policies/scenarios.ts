import type { VendorShape } from './vendor';

/** Calls per second of each of ten keys. */
const EQUAL = Array<number>(10).fill(2);
const UNEQUAL = [0.5, 0.5, 1, 1, 1, 2, 2, 4, 4, 4];

export interface Scenario {
  readonly name: string;
  readonly shape: VendorShape;
  /** Calls that come, as a multiple of what all keys allow. */
  readonly load: number;
  /** Beyond what the goal covers. */
  readonly stretch: boolean;
}

const usual = { burst: 5, costOn429: false, latencyMs: [40, 160] } as const;

function* usualScenarios(): Generator<Scenario> {
  for (const headers of [true, false]) {
    for (const [keys, rates] of [
      ['equal', EQUAL],
      ['unequal', UNEQUAL],
    ] as const) {
      for (const load of [0.9, 1.2]) {
        const name = `${keys} keys, ${load} × load, ${headers ? 'headers' : 'no headers'}`;
        yield { name, shape: { ...usual, rates, headers }, load, stretch: false };
      }
    }
  }
}

function* stretchScenarios(): Generator<Scenario> {
  for (const headers of [true, false]) {
    const told = headers ? 'headers' : 'no headers';
    const shape = { ...usual, rates: UNEQUAL, headers };
    yield { name: `a 429 costs quota too, ${told}`, shape: { ...shape, costOn429: true }, load: 1.2, stretch: true };
    yield { name: `burst of 1, ${told}`, shape: { ...shape, burst: 1 }, load: 1.2, stretch: true };
    const far = { ...shape, burst: 1, latencyMs: [180, 220] as const };
    yield { name: `burst of 1, 200 ms away, ${told}`, shape: far, load: 1.2, stretch: true };
  }
}

export const SCENARIOS: readonly Scenario[] = [...usualScenarios(), ...stretchScenarios()];
