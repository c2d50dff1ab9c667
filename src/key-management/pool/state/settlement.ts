import {
  CONSEQUENCES,
  isOutcome,
  OUTCOMES,
  type KeyAction,
  type Outcome,
  type Scope,
} from '../../vendors/contract/outcome';
import type { Classification } from '../../classification/classification';
import { checkedClassification } from '../../classification/checked-classification';
import { modelName } from '../key/key-input';

/** What a lease is settled with: a classification, or an outcome alone. */
export type SettledOutcome = Outcome | (Classification & { unproven?: boolean; withheld?: boolean; proven?: 'deep' });

/** What brought a verdict. */
export type Source = 'call' | 'probe';

/** A verdict with everything that the table leaves open filled in. */
export interface Settlement extends Classification {
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

const NO_SECRETS = { secrets: [] };

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
  const { unproven, withheld, proven } = settled;
  const checked = checkedClassification(settled, NO_SECRETS)!;
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
