import { randomUUID } from 'node:crypto';
import type { KeyStore, Register, StoreChange, StoredDocument, StoreWatcher } from '../port/key-store';
import { StoreError } from '../port/store-error';
import { applyChange } from '../port/merge';
import type { ContractRunner, KeyStoreContractOptions, KeyStoreHarness, StoreUnderTest } from './contract-types';

/** Long enough for a slow machine: reached only by a failing test. Milliseconds. */
const LONGEST_WAIT_MS = 100_000;

/** Records what the store reports, and waits for what it will report. */
export class RecordingWatcher implements StoreWatcher {
  readonly instance = randomUUID();
  readonly changes: StoreChange[] = [];
  readonly connections: boolean[] = [];
  resets = 0;
  #wake: () => void = () => undefined;

  changed(changes: readonly StoreChange[]): void {
    this.changes.push(...changes);
    this.#wake();
  }

  reset(): void {
    this.resets += 1;
    this.#wake();
  }

  connection(up: boolean): void {
    this.connections.push(up);
    this.#wake();
  }

  /** The changes of one document. */
  of(doc: string): StoreChange[] {
    return this.changes.filter((change) => change.doc === doc);
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`no success within the time limit: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Polls for what the store does not report by itself. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`no success within the time limit: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One group of the contract. `itWithStore` is a test with an open store, which ends with the test. */
export type ContractPart = (
  runner: ContractRunner & {
    itWithStore(name: string, test: (stores: OpenStores) => Promise<void>, timeoutMs?: number): void;
  },
  options: KeyStoreContractOptions,
  harness: KeyStoreHarness,
) => void;

interface OpenStores extends StoreUnderTest {
  watcher: RecordingWatcher;
  /** Opens another instance, closed with the test. */
  open(store?: KeyStore): Promise<{ store: KeyStore; watcher: RecordingWatcher }>;
}

/** Runs a test with an open store, and closes all it opened. */
export async function withStore(harness: KeyStoreHarness, test: (stores: OpenStores) => Promise<void>): Promise<void> {
  const under = await harness.create();
  const opened: KeyStore[] = [];
  const open = async (store = under.again()): Promise<{ store: KeyStore; watcher: RecordingWatcher }> => {
    const watcher = new RecordingWatcher();
    opened.push(store);
    await store.open(watcher);
    return { store, watcher };
  };
  try {
    const { watcher } = await open(under.store);
    await test({ ...under, watcher, open });
  } finally {
    for (const store of opened) await store.close();
    await under.cleanup();
  }
}

export function set(doc: string, field: string, value: Register['value'], version = 1, tie = 'a'): StoreChange {
  return { kind: 'set', doc, field, register: { value, version, tie } };
}

export const max = (doc: string, field: string, value: number): StoreChange => ({ kind: 'max', doc, field, value });

export const add = (doc: string, field: string, by: number): StoreChange => ({ kind: 'add', doc, field, by });

export const drop = (doc: string): StoreChange => ({ kind: 'drop', doc });

/** Documents in an order and a form that `deepEqual` can compare, whatever made their objects and sorted their fields. */
export const plain = (documents: Iterable<StoredDocument>): unknown[] =>
  [...documents].sort((a, b) => (a.doc < b.doc ? -1 : 1)).map((document) => canonical(document));

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, canonical);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { fields: fields.map(([field, held]) => [field, canonical(held)]) };
}

/** Changes in the order of their documents; those of one document in theirs. */
export const byDocument = (changes: readonly StoreChange[]): StoreChange[] =>
  [...changes].sort((a, b) => (a.doc < b.doc ? -1 : Number(a.doc > b.doc)));

/** What the changes alone come to. */
export function result(
  changes: readonly StoreChange[],
  start: readonly StoredDocument[] = [],
): Map<string, StoredDocument> {
  const documents = new Map(start.map((document) => [document.doc, structuredClone(document)]));
  for (const change of changes) applyChange(documents, change);
  return documents;
}

/** For `assert.rejects`: a StoreError with this code, whose message says something. */
export function storeError(...codes: StoreError['code'][]): (error: unknown) => boolean {
  return (error) => error instanceof StoreError && codes.includes(error.code) && error.message.length > 20;
}

/** Writes until a write passes, as after an outage. */
export const untilWritten = (store: KeyStore, changes: readonly StoreChange[], id?: string): Promise<void> =>
  eventually('a write to pass', () =>
    store.write(changes, id).then(
      () => true,
      () => false,
    ),
  );
