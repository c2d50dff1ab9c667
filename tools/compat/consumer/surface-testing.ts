// Uses every export of `/testing`, as surface.ts does for the main entry.
import * as testing from 'nestjs-ai-key-management/testing';
import type {
  Audience,
  ContractRunner,
  Json,
  KeyStore,
  KeyStoreContractOptions,
  KeyStoreHarness,
  ReadChanges,
  Register,
  StoreChange,
  StoredDocument,
  StoreUnderTest,
  StoreWatcher,
} from 'nestjs-ai-key-management/testing';

const watcher: StoreWatcher = { changed: () => undefined, reset: () => undefined, connection: () => undefined };
export const stored = async (own: KeyStore) => {
  const value: Json = { a: [1, null] };
  const register: Register = { value, version: 1, tie: 't' };
  const change: StoreChange = { kind: 'set', doc: 'd', field: 'f', register };
  testing.checkChanges([change]);
  await own.open(watcher);
  const audience: Audience = { instance: 'another' };
  await own.write([change], 'batch-1', audience);
  const read: ReadChanges | undefined = await own.changesSince?.();
  const [document]: StoredDocument[] = await own.load('');
  testing.applyChange(new Map(document ? [[document.doc, testing.copyDocument(document)]] : []), change);
  const merged = testing.mergeChange(document, change);
  return [
    read?.cursor,
    merged,
    testing.mergeMax(1, 2),
    testing.mergeSum(1, 2),
    testing.replaces(register, undefined),
  ] as const;
};
export const contract = (runner: ContractRunner, under: StoreUnderTest) => {
  const harness: KeyStoreHarness = { create: () => Promise.resolve(under) };
  const promises: KeyStoreContractOptions = { shared: true, survivesRestart: true };
  testing.keyStoreContract(runner, harness, promises);
  return new testing.StoreError('invalid', 'no');
};
