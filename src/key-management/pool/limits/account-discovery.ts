import { LONGEST_ACCOUNT } from '../../classification/classification';
import { getOrCreate } from '../../common/get-or-create';
import type { Vendor } from '../../vendors/contract/vendor';
import type { HeaderView, RateLimitReading } from '../../vendors/contract/rate-limits';

/** The account that an answer's headers name; undefined where they name none. The first header that is there counts. */
export function accountIn(headers: HeaderView, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null && value !== '' && value.length <= LONGEST_ACCOUNT) return value;
  }
  return undefined;
}

/** The account that the text of a refusal names. Each pattern has one group, which is the name. */
export function accountInText(text: string, patterns: readonly RegExp[]): string | undefined {
  for (const pattern of patterns) {
    const name = pattern.exec(text)?.[1];
    if (name !== undefined && name.length <= LONGEST_ACCOUNT) return name;
  }
  return undefined;
}

/** The account that the host of a base URL names. */
export function accountInHost(baseUrl: string | undefined, pattern: RegExp | undefined): string | undefined {
  if (pattern === undefined || baseUrl === undefined || !URL.canParse(baseUrl)) return undefined;
  return pattern.exec(new URL(baseUrl).hostname)?.[1];
}

/** How the vendor's answers name the account. */
type AccountSigns = Partial<Pick<Vendor, 'accountHeaders' | 'accountInText' | 'accountInHost' | 'baseUrl'>>;

/** The account that an answer names, by its headers or by the host that it came from. @param ownBaseUrl The key's own. */
export const accountOfAnswer = (headers: HeaderView, signs: AccountSigns, ownBaseUrl?: string): string | undefined =>
  accountIn(headers, signs.accountHeaders ?? []) ?? accountInHost(ownBaseUrl ?? signs.baseUrl, signs.accountInHost);

/** The account that a refusal names: in its details, in its words, or by the host that it came from. */
export const accountOfRefusal = (
  { account, reason = '' }: { readonly account?: string; readonly reason?: string },
  signs: AccountSigns,
  ownBaseUrl?: string,
): string | undefined =>
  account ??
  accountInText(reason, signs.accountInText ?? []) ??
  accountInHost(ownBaseUrl ?? signs.baseUrl, signs.accountInHost);

/** What is known of a limit that answers stated. */
interface StatedLimit {
  readonly dimension: RateLimitReading['dimension'];
  readonly limit?: number;
}

/** Whether two keys whose answers name the same account share its limits: nothing that both state differs. */
export function stateTheSame(one: readonly StatedLimit[], other: readonly StatedLimit[]): boolean {
  return one.every(({ dimension, limit }) => {
    const known = other.find((each) => each.dimension === dimension)?.limit;
    return limit === undefined || known === undefined || limit === known;
  });
}

/** Uses of siblings that did not show, from which on a key is taken to share with none. */
const ENOUGH_CONTRADICTIONS = 6;

/** Whether the use of a key's siblings shows in what its own answers state. */
export class SharingEvidence {
  #against = 0;

  /**
   * @param siblingCalls Calls of other keys that the vendor must have counted since the last answer, if they share the limit.
   * @param surplus How much more is left than they would have left.
   * @returns False when it is certain enough that they do not share.
   */
  observe(siblingCalls: number, surplus: number): boolean {
    if (siblingCalls < 1) return true;
    if (surplus >= siblingCalls * 0.75) this.#against += siblingCalls;
    else if (surplus < siblingCalls * 0.5) this.#against = 0;
    return this.#against < ENOUGH_CONTRADICTIONS;
  }
}

/** Which keys' answers contradict that they share an account. */
export class Contradictions<Key extends object> {
  readonly #evidence = new WeakMap<Key, SharingEvidence>();

  /** Whether it is certain enough by now that the key does not share with its siblings. */
  contradicts(key: Key, found: { readonly siblingCalls: number; readonly surplus: number }): boolean {
    const evidence = getOrCreate(this.#evidence, key, () => new SharingEvidence());
    return !evidence.observe(found.siblingCalls, found.surplus);
  }
}
