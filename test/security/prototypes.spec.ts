import { hostileInput } from '../../src/key-management/admin/input/hostile-input';
import {
  vendorErrorFrom,
  vendorErrorFromStreamEvent,
} from '../../src/key-management/classification/evidence/error-evidence';
import { normalizeHeaders } from '../../src/key-management/classification/evidence/normalize-headers';
import { resolveOptions } from '../../src/key-management/configuration/resolve-options';
import { KeyManagerService, KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { readRecord } from '../../src/key-management/events/event-record';
import { readIdentity, readState } from '../../src/key-management/store/keys/key-documents';
import { applyChange } from '../../src/key-management/store/port/merge';
import { readDocument } from '../../src/key-management/store/redis/packing';
import type { KeyManagementOptions } from '../../src/key-management';
import type { Json, StoredDocument } from '../../src/key-management/store/port/key-store';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const shapes = (): string => JSON.stringify(PROTOTYPES.map((each) => Reflect.ownKeys(each).map(String)));

/** JSON as only a parser makes it: with a field of its own named `__proto__`. */
const POISON =
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"prototype":{"polluted":true}}';
const poison = (): Record<string, Json> => JSON.parse(POISON) as Record<string, Json>;

describe('names that reach into prototypes', () => {
  let before: string;
  beforeEach(() => {
    before = shapes();
  });
  afterEach(() => {
    expect(shapes()).toBe(before);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('are refused in bodies, at any depth', () => {
    for (const body of [poison(), { keys: [poison()] }, { a: { b: poison() } }])
      expect(hostileInput(body, 'body')).toMatchObject({ problem: 'has a field whose name is not allowed' });
  });

  it('change nothing from what vendors answer: bodies, headers, stream events', () => {
    const body = { ...poison(), error: { ...poison(), message: 'x', details: [poison()] } };
    const text = `{"error":${POISON}}`;
    expect(vendorErrorFrom({ status: 429, headers: poison(), body }).message).toBe('x');
    expect(
      vendorErrorFrom({
        status: 429,
        headers: [
          ['__proto__', 'x'],
          ['constructor', 'y'],
        ],
        body: text,
      }).status,
    ).toBe(429);
    expect(vendorErrorFromStreamEvent(text).phase).toBe('stream');
    expect(Object.getPrototypeOf(normalizeHeaders(JSON.parse('{"__proto__":"x","a":"b"}')))).toBe(Object.prototype);
  });

  it('change nothing from what a store holds', () => {
    const documents = new Map<string, StoredDocument>();
    for (const field of ['__proto__', 'constructor', 'toString']) {
      applyChange(documents, {
        kind: 'set',
        doc: '__proto__',
        field,
        register: { value: poison(), version: 1, tie: 'a' },
      });
      applyChange(documents, { kind: 'max', doc: 'constructor', field, value: 1 });
      applyChange(documents, { kind: 'add', doc: 'prototype', field, by: 1 });
    }
    expect(documents.get('prototype')!.sums.toString).toBe(1);
    expect(readDocument('d', ['s__proto__', '1', 'r__proto__', `1|a|${POISON}`]).sums['__proto__']).toBe(1);
    expect(readIdentity({ ...poison(), maskedKey: 'x', limits: poison() })?.maskedKey).toBe('x');
    expect(readState({ ...poison(), status: '__proto__' })).toBeUndefined();
    expect(readRecord({ ...poison(), id: 1, at: 0, type: 'constructor' })).toBeUndefined();
  });

  it('are no settings', () => {
    const given = (text: string) => JSON.parse(text) as KeyManagementOptions;
    expect(() => resolveOptions(given(`{"providers":${POISON}}`), {})).toThrow(/providers: the name/);
    expect(() => resolveOptions(given('{"store":{"kind":"__proto__"}}'), {})).toThrow(/store.kind/);
    expect(() => resolveOptions(given('{"__proto__":{"maxRetries":9}}'), {})).toThrow(/no setting named "__proto__"/);
    expect(() => resolveOptions({}, { KEY_STORE: '__proto__' })).toThrow(/KEY_STORE/);
    expect(() => resolveOptions({}, { KEY_STORE: 'constructor' })).toThrow(/KEY_STORE/);
  });

  it('are providers and models like any other, where they can be', async () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    const providers = Object.fromEntries(names.map((name, n) => [name, { keys: [fakeKey('mine', n)] }]));
    const app = await startKeyManagement({ providers });
    for (const name of names) {
      const executor = app.get(RetryExecutorService);
      expect(await executor.execute(name, () => Promise.resolve(1), { model: '__proto__' })).toMatchObject({
        success: true,
      });
      const limited = () => Promise.reject(Object.assign(new Error('x'), { status: 429 }));
      expect(await executor.execute(name, limited, { model: '__proto__', maxRetries: 0 })).toMatchObject({
        success: false,
      });
    }
    const status = app.get(KeyManagerService).getComprehensiveStatus();
    expect(Object.keys(status.key_pools.providers)).toEqual(expect.arrayContaining(names));
    expect(app.get(KeyPoolService).list('__proto__')).toEqual([]);
    await app.close();
  });
});
