import { CONSEQUENCES, isOutcome, type KeyAction, type Outcome, type Scope } from '../classification/outcome';
import type { Classification } from '../classification/classification';

/** What a lease is settled with: a classification, or an outcome alone. */
export type SettledOutcome = Outcome | (Classification & { unproven?: boolean });

/** What brought a verdict. */
export type Source = 'call' | 'probe';

/** A verdict with everything that the table leaves open filled in. */
export interface Settlement extends Classification {
  keyAction: KeyAction;
  scope: Scope;
  /** Of a probe: nothing was asked, so the key may only try itself out. */
  unproven?: boolean;
}

/** What a change of a key is explained by. */
export type Why = Pick<Settlement, 'outcome' | 'reason'>;

/** @throws TypeError for what is no outcome, as a checker written in JavaScript may give. */
export function settlementOf(settled: SettledOutcome): Settlement {
  const given: Exclude<SettledOutcome, string> = typeof settled === 'string' ? { outcome: settled } : settled;
  if (!isOutcome((given as Partial<Classification> | null | undefined)?.outcome))
    throw new TypeError('A lease is settled with an outcome, or with an object that has one.');
  const usual = CONSEQUENCES[given.outcome];
  return { ...given, keyAction: given.keyAction ?? usual.keyAction, scope: given.scope ?? usual.scope };
}
