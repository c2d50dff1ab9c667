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

/** What only the pool's own callers say of an attempt or a probe, besides its classification. */
interface SettlementFlags {
  /** Of a probe: nothing was asked, so the key may only try itself out. */
  unproven?: boolean;
  /** Another key is asked first whether it says the same: until then the refusal neither counts against this one nor cools it down. */
  withheld?: boolean;
  /** Of a probe: the vendor answered a whole generation. */
  proven?: 'deep';
  /** What would remove the key is not believed: another key of the same call, or several of the provider, met the same. */
  doubted?: boolean;
}

/** What a lease is settled with: a classification, or an outcome alone. */
export type SettledOutcome = Outcome | (Classification & SettlementFlags);

/** The same of the package's own code: its reason is redacted. */
export type CheckedOutcome = CheckedClassification & SettlementFlags;

/** What was settled: an attempt of a call, or a health check. */
export type Source = 'call' | 'probe';

/** What an attempt did: its classification, with everything filled in that the table of outcomes leaves open. */
export interface Settlement extends CheckedClassification, SettlementFlags {
  keyAction: KeyAction;
  scope: Scope;
}

/** What explains a change of a key: the outcome, and one redacted line for people. */
export type SettlementSummary = Pick<Settlement, 'outcome' | 'reason'>;

/** Most calls are settled with a plain outcome, so its settlement is made once. */
const PLAIN = Object.fromEntries(
  OUTCOMES.map((outcome) => {
    const { keyAction, scope } = CONSEQUENCES[outcome];
    return [outcome, Object.freeze<Settlement>({ outcome, keyAction, scope })];
  }),
) as Readonly<Record<Outcome, Settlement>>;

/**
 * What a lease is settled with by whoever took it, checked: a checker written in JavaScript may give anything. This is the boundary at which a
 * reason is redacted: behind it, none holds the key.
 * @param key The raw key that no part of the settlement may contain.
 * @throws TypeError for what is no outcome
 */
export function settlementOf(settled: SettledOutcome, key?: { readonly apiKey: string }): Settlement {
  const given = typeof settled === 'string' ? settled : (settled as Classification | null | undefined)?.outcome;
  if (!isOutcome(given)) throw new TypeError('A lease is settled with an outcome, or with an object that has one.');
  if (typeof settled === 'string') return PLAIN[settled];
  const { unproven, withheld, proven, doubted } = settled;
  const secrets = key === undefined ? [] : [key.apiKey];
  return checkedSettlement({ ...checkedClassification(settled, { secrets })!, unproven, withheld, proven, doubted });
}

/** The settlement of what the package classified itself. */
export function checkedSettlement(checked: CheckedOutcome): Settlement {
  const { unproven, withheld, proven, doubted } = checked;
  const plain = PLAIN[checked.outcome];
  return {
    ...checked,
    model: checked.model === undefined ? undefined : modelName(checked.model),
    keyAction: checked.keyAction ?? plain.keyAction,
    scope: checked.scope ?? plain.scope,
    unproven: unproven === true,
    withheld: withheld === true,
    proven: proven === 'deep' ? proven : undefined,
    doubted: doubted === true,
  };
}
