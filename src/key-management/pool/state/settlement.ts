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
  /** The vendor is in trouble, and states when to come back. */
  asksToWait?: boolean;
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

/** The date that the vendor states; 0 for none. Milliseconds since the epoch. */
export const statedAt = ({ notBefore }: Pick<Classification, 'notBefore'>): number => notBefore?.getTime() ?? 0;

/** What a settlement has to know of the lease. */
interface Settling {
  /** The key that no part of the settlement may contain. */
  readonly apiKey: string;
  readonly source: Source;
}

/**
 * What a lease is settled with by whoever took it, checked: a checker written in JavaScript may give anything. This is the boundary at which a
 * reason is redacted: behind it, none holds the key.
 * @param now Milliseconds since the epoch.
 * @throws TypeError for what is no outcome
 */
export function settlementOf(settled: SettledOutcome, lease: Settling, now: number): Settlement {
  const given = typeof settled === 'string' ? settled : (settled as Classification | null | undefined)?.outcome;
  if (!isOutcome(given)) throw new TypeError('A lease is settled with an outcome, or with an object that has one.');
  if (typeof settled === 'string') return PLAIN[settled];
  const { unproven, withheld, proven, doubted } = settled;
  const checked = checkedClassification(settled, { secrets: [lease.apiKey] })!;
  return checkedSettlement({ ...checked, unproven, withheld, proven, doubted }, lease, now);
}

/**
 * The settlement of what the package classified itself. A vendor in trouble that states when to come back asks it of the key of the call first: the
 * key cools down for the stated time, and the call goes on with another key. Where a second key gets the same answer, the circuit breaker opens.
 */
export function checkedSettlement(
  checked: CheckedOutcome,
  { source }: Pick<Settling, 'source'>,
  now: number,
): Settlement {
  const { outcome, unproven, withheld, proven, doubted, retryAfterMs = 0 } = checked;
  const plain = PLAIN[outcome];
  const { keyAction = plain.keyAction, scope = plain.scope } = checked;
  const statesWait = retryAfterMs > 0 || statedAt(checked) > now;
  const isInTrouble = source === 'call' && CONSEQUENCES[outcome].fault === 'vendor';
  const asksToWait = isInTrouble && statesWait && keyAction === 'keep';
  return {
    ...checked,
    model: checked.model === undefined ? undefined : modelName(checked.model),
    keyAction: asksToWait ? 'cool_down' : keyAction,
    scope: asksToWait ? 'key' : scope,
    asksToWait,
    unproven: unproven === true,
    withheld: withheld === true,
    proven: proven === 'deep' ? proven : undefined,
    doubted: doubted === true,
  };
}
