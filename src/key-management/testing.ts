// What tests need: those of apps, and those of authors of stores: `nestjs-ai-key-management/testing`. Needs no test runner of its own.
import './node-version';
export { KeyManagementTestingModule, type ProviderOverrides } from './key-management-testing.module';
export type { KeyManagementTestingOptions, TestingKey, TestingProvider } from './testing/testing-options';
export { KeyScript, ProviderScript, VendorScript } from './testing/vendor-script';
export { UnscriptedCallError } from './testing/scripted-vendors';
export type {
  ScriptedAnswer,
  ScriptedJson,
  ScriptedOutcome,
  ScriptedRefusal,
  ScriptedStream,
  ScriptedText,
} from './testing/scripted-answer';
export type { ScriptedCall } from './testing/scripted-call';
export {
  VendorSimulator,
  type Behaviour,
  type CallLog,
  type CallRecord,
  type Flavour,
  type Flood,
  type KeyCounters,
  type MalformedKind,
  type Outage,
  type PlainSituation,
  type RateLimits,
  type SimulatedVendor,
  type SimulatorOptions,
  type StreamErrorKind,
  type StreamPoint,
} from './testing/simulator';
export { keyStoreContract } from './store/contract/key-store.contract';
export type {
  ContractRunner,
  KeyStoreContractOptions,
  KeyStoreHarness,
  StoreUnderTest,
} from './store/contract/contract-types';
export type {
  Audience,
  Json,
  KeyStore,
  ReadChanges,
  Register,
  StoreChange,
  StoredDocument,
  StoreWatcher,
} from './store/port/key-store';
export { applyChange, copyDocument, mergeChange, mergeMax, mergeSum, replaces } from './store/port/merge';
export { checkChanges } from './store/port/check-changes';
export { StoreError } from './store/port/store-error';
