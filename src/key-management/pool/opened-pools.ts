import type { KeyInput } from './key/key-input';

/** A pool that is opened while the app runs, for an app whose customers bring keys of their own. */
export interface OpenPoolOptions {
  /** The provider by whose vendor and settings the pool goes: any but one that was opened itself. Its keys are not used. */
  like: string;
  /** The pool's own keys. They are written to no store, as those of the options: only their id, masked form, state and counts are. */
  keys: readonly (string | KeyInput)[];
  /** Whose keys they are, for people: 1 to 100 printable characters, shown with the provider's status. Never put a secret there. */
  tenant?: string;
}

/** A pool that was opened while the app runs. */
export interface OpenedPool {
  /** The name by which it is called, as that of any provider. */
  readonly provider: string;
  /**
   * Refuses further calls with `UNKNOWN_PROVIDER`, lets those under way end within `drainTimeoutMs` (default 10,000), and forgets the pool. After
   * that time it resolves all the same: calls that only wait are ended, and the pool is forgotten with its last attempt; until then its name cannot
   * be opened. What was learned of its keys is kept in the store, for when it is opened again. Called twice, it does the same once.
   */
  close(): Promise<void>;
}

/** Opens pools: implemented where keys are checked. */
export interface PoolOpener {
  open(name: string, options: OpenPoolOptions): Promise<OpenedPool>;
}

/** What an opened pool goes by. */
export interface PoolTemplate {
  readonly like: string;
  readonly tenant: string | undefined;
}
