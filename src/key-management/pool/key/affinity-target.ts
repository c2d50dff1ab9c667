/**
 * What a call belongs to. `soft`: it is best served by the account that its id stands for, as prompt caches belong to one. `hard`: by this account
 * alone, which has what the call names.
 */
export type AffinityTarget =
  | { readonly kind: 'soft'; readonly id: string }
  /** The account's name, or the id of one of its keys where the name is not known. */
  | { readonly kind: 'hard'; readonly account: string };
