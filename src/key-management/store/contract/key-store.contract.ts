import { closingContract } from './closing.contract';
import { withStore, type ContractPart } from './contract-support';
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
  const itWithStore: Parameters<ContractPart>[0]['itWithStore'] = (name, test, timeoutMs) =>
    runner.it(name, () => withStore(harness, test), timeoutMs);
  const parts = [loadingContract, mergingContract, watchingContract, lockingContract, outageContract, closingContract];
  for (const part of parts) part({ describe: runner.describe, it: runner.it, itWithStore }, options, harness);
}
