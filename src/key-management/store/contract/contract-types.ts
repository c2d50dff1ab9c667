import type { KeyStore } from '../port/key-store';

/** The two words of a test runner that the contract needs; Jest, Vitest and `node:test` have them. */
export interface ContractRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, timeoutMs?: number): void;
}

/** A store on data of its own. */
export interface StoreUnderTest {
  /** Not opened yet; the contract opens and closes it. */
  readonly store: KeyStore;
  /** Another instance on the same data, not opened yet. Called while `store` is open only if the store is shared. */
  again(): KeyStore;
  /** Cuts `store` from its data, also before it is opened, while other instances keep theirs. Without it no outage is tested. */
  break?(): Promise<void>;
  /** Ends what `break` began. */
  mend?(): Promise<void>;
  /** Removes the data, after all instances are closed. */
  cleanup(): Promise<void>;
}

export interface KeyStoreHarness {
  /** Called once per test. */
  create(): Promise<StoreUnderTest>;
}

export interface KeyStoreContractOptions {
  /** Several instances may be open on the same data at once. */
  shared: boolean;
  /** The data outlives the instance that wrote it. */
  survivesRestart: boolean;
}
