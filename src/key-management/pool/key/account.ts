/** How it is known that keys share an account: the user said so, or answers named it. */
export type AccountOrigin = (typeof ACCOUNT_ORIGINS)[number];
export const ACCOUNT_ORIGINS = ['declared', 'discovered'] as const;

/** Several keys of one vendor account (organization, project): they share its rate limits. A key that shares with none has no such object. */
export class Account<Key extends { readonly inFlight: number } = { readonly inFlight: number }> {
  readonly #members = new Set<Key>();
  #keys: readonly Key[] | undefined;
  /** Where the next walk through its keys begins. */
  next = 0;
  /** When a call with one of its keys began last; milliseconds since the epoch. */
  lastUsedAt = 0;

  /** @param name The user's `quotaGroup`, or the name that answers state. */
  constructor(
    readonly name: string,
    readonly from: AccountOrigin,
  ) {}

  get members(): ReadonlySet<Key> {
    return this.#members;
  }

  /** The same, as a list. */
  get keys(): readonly Key[] {
    return (this.#keys ??= [...this.#members]);
  }

  enter(key: Key): void {
    this.#members.add(key);
    this.#keys = undefined;
  }

  leave(key: Key): void {
    this.#members.delete(key);
    this.#keys = undefined;
  }

  /** The name under which instances divide the account: the same on all of them. */
  get sharedName(): string {
    return `${this.from === 'declared' ? 'group' : 'account'}:${this.name}`;
  }

  get inFlight(): number {
    let inFlight = 0;
    for (const member of this.#members) inFlight += member.inFlight;
    return inFlight;
  }
}

/** The key and all others of its account. */
export const membersOf = <Key extends { readonly inFlight: number; readonly account: Account<Key> | undefined }>(
  key: Key,
): readonly Key[] => key.account?.keys ?? [key];

/** The name under which instances divide the limits of the key's account. */
export const accountName = (key: {
  readonly id: string;
  readonly account: Pick<Account, 'sharedName'> | undefined;
}): string => key.account?.sharedName ?? `key:${key.id}`;
