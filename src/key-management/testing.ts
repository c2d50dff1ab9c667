// What authors of other stores need: `nestjs-ai-key-management/testing`. Needs no test runner of its own.
import './node-version';
export { keyStoreContract } from './store/contract/key-store.contract';
export type {
  ContractRunner,
  KeyStoreContractOptions,
  KeyStoreHarness,
  StoreUnderTest,
} from './store/contract/contract-types';
export type { Json, KeyStore, Register, StoreChange, StoredDocument, StoreWatcher } from './store/port/key-store';
export { applyChange, copyDocument, mergeChange, mergeMax, mergeSum, replaces } from './store/port/merge';
export { checkChanges } from './store/port/check-changes';
export { StoreError } from './store/port/store-error';
