import { CONSEQUENCES, isOutcome, OUTCOMES, type KeyAction, type Outcome, type Scope } from '../classification/outcome';
import type { Classification } from '../classification/classification';
import { shownReason } from '../classification/redact';
import { modelName } from './model-name';

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

/** Plain outcomes are settled with on every call, so what follows from them is made once. */
const PLAIN = Object.fromEntries(
  OUTCOMES.map((outcome) => {
    const { keyAction, scope } = CONSEQUENCES[outcome];
    return [outcome, Object.freeze<Settlement>({ outcome, keyAction, scope })];
  }),
) as Readonly<Record<Outcome, Settlement>>;

/** @throws TypeError for what is no outcome, as a checker written in JavaScript may give. */
export function settlementOf(settled: SettledOutcome): Settlement {
  const given = typeof settled === 'string' ? settled : (settled as Classification | null | undefined)?.outcome;
  if (!isOutcome(given)) {
    throw new TypeError('A lease is settled with an outcome, or with an object that has one.');
  }
  const plain = PLAIN[given];
  if (typeof settled === 'string') return plain;
  return {
    ...settled,
    reason: shownReason(settled.reason),
    model: settled.model === undefined ? undefined : modelName(settled.model),
    keyAction: settled.keyAction ?? plain.keyAction,
    scope: settled.scope ?? plain.scope,
  };
}
