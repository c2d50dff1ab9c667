import { settlementOf, type SettledOutcome, type Settlement } from '../../src/key-management/pool/state/settlement';

/** The settlement of a probe, which asks for nothing but what it says. */
export const settlementFor = (outcome: SettledOutcome): Settlement =>
  settlementOf(outcome, { apiKey: '', source: 'probe' }, 0);
