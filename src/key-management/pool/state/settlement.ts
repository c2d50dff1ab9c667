import {
  CONSEQUENCES,
  isOutcome,
  OUTCOMES,
  type KeyAction,
  type Outcome,
  type Scope,
} from '../../vendors/contract/outcome';
import type { CheckedClassification, Classification } from '../../classification/classification';
import { checkedClassification } from '../../classification/checked-classification';
import { modelName } from '../key/key-input';

interface SettlementNotes {
  unproven?: boolean;
  withheld?: boolean;
  proven?: 'deep';
}

/** What a lease is settled with: a classification, or an outcome alone. */
export type SettledOutcome = Outcome | (Classification & SettlementNotes);

/** The same of the package's own code: its reason is redacted. */
export type CheckedOutcome = CheckedClassification & SettlementNotes;

/** What brought a verdict. */
export type Source = 'call' | 'probe';

/** A verdict with everything that the table leaves open filled in. */
export interface Settlement extends CheckedClassification {
  keyAction: KeyAction;
  scope: Scope;
  /** Of a probe: nothing was asked, so the key may only try itself out. */
  unproven?: boolean;
  /** Of a probe: the vendor answered a whole generation. */
  proven?: 'deep';
  /** Another key is asked first whether it says the same: until then the refusal neither counts against this one nor cools it down. */
  withheld?: boolean;
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

/**
 * What a lease is settled with by whoever took it, checked: a checker written in JavaScript may give anything.
 * @param secrets Raw keys that the reason must not hold.
 * @throws TypeError for what is no outcome
 */
export function settlementOf(settled: SettledOutcome, secrets: readonly string[] = []): Settlement {
  const given = typeof settled === 'string' ? settled : (settled as Classification | null | undefined)?.outcome;
  if (!isOutcome(given)) {
    throw new TypeError('A lease is settled with an outcome, or with an object that has one.');
  }
  if (typeof settled === 'string') return PLAIN[settled];
  const { unproven, withheld, proven } = settled;
  return checkedSettlement({ ...checkedClassification(settled, { secrets })!, unproven, withheld, proven });
}

/** The settlement of what the package classified itself. */
export function checkedSettlement(checked: CheckedOutcome): Settlement {
  const { unproven, withheld, proven } = checked;
  const plain = PLAIN[checked.outcome];
  return {
    ...checked,
    model: checked.model === undefined ? undefined : modelName(checked.model),
    keyAction: checked.keyAction ?? plain.keyAction,
    scope: checked.scope ?? plain.scope,
    unproven: unproven === true,
    withheld: withheld === true,
    proven: proven === 'deep' ? proven : undefined,
  };
}
