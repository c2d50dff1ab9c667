import { closingContract } from './closing.contract';
import type { ContractRunner, KeyStoreContractOptions, KeyStoreHarness } from './contract-types';
import { loadingContract } from './loading.contract';
import { lockingContract } from './locking.contract';
import { mergingContract } from './merging.contract';
import { outageContract } from './outage.contract';
import { watchingContract } from './watching.contract';

/**
 * What every store promises, as tests. Fails by throwing from `node:assert`, so that any runner will do.
 *
 * @example
 * keyStoreContract({ describe, it }, { create: async () => ({ store, again: () => new MyStore(data), cleanup }) }, { shared: true, survivesRestart: true });
 */
export function keyStoreContract(
  runner: ContractRunner,
  harness: KeyStoreHarness,
  options: KeyStoreContractOptions,
): void {
  for (const part of [
    loadingContract,
    mergingContract,
    watchingContract,
    lockingContract,
    outageContract,
    closingContract,
  ]) {
    part(runner, harness, options);
  }
}
