import assert from 'node:assert/strict';
import type { Json, StoreChange } from '../port/key-store';
import { add, max, plain, result, set, type ContractPart } from './contract-support';

const VALUES: Record<string, Json> = {
  null: null,
  'empty text': '',
  'text that looks like JSON': '{"a":[1]}',
  unicode: 'Grüße, 世界 🔑 \u2028 \u0000 \u0007 \ud800 "\\|',
  'true and false': [true, false],
  'empty list and object': { list: [], object: {}, lists: [[], [[]], [{}]] },
  nested: { a: { b: [{ c: null }, [1, 'x', { 'a.b/c#$[]': 1 }]] }, '': 'empty name' },
  'sparse index names': { '0': 'a', '1': 'b', '5': 'c' },
  floats: [0.1, -0.5, 1e21, 5e-324, 1.7976931348623157e308, 1 / 3],
  integers: [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 1_790_000_000_123],
  large: 'ü'.repeat(100_000),
};

const FIELDS = [
  'status', 'gpt-4o.rest', 'a/b/c', '/', '.', '..', '#', '$', '[0]', '#$[]/.', '"quoted"', "it's", 'back\\slash', '%2F', '%', 'a b', ' ',
  '\t\n\r', 'a|b', 'a:b', '{tag}', '*', '?', '~', '`', 'ä', '世界', '🔑', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '-1', '\u0000',
  '\u007f', '\ufeff', 'x'.repeat(176), '.'.repeat(176), '🔑'.repeat(44), '世'.repeat(58), '.value', '.priority', '.sv',
]; // prettier-ignore

const DOCUMENTS = [
  'keys',
  'keys/openai',
  'keys/openai/0123456789abcdef',
  'keys/openai.2/x',
  'Keys',
  '_/-/:/.',
  '__proto__',
  '0',
];

/** What is written is what is loaded. */
export const loadingContract: ContractPart = ({ describe, itWithStore }, options) => {
  const itGivesBack = (what: string, changes: StoreChange[]) =>
    itWithStore(`gives ${what}`, async ({ store, open }) => {
      await store.write(changes);
      const expected = plain(result(changes).values());
      assert.deepEqual(plain(await store.load('')), expected);
      if (!options.survivesRestart) return;
      await store.close();
      const again = await open();
      assert.deepEqual(plain(await again.store.load('')), expected);
    });

  describe('loading', () => {
    itWithStore('finds nothing in an empty store', async ({ store }) => {
      assert.deepEqual(await store.load(''), []);
      assert.deepEqual(await store.load('keys/'), []);
    });
    for (const [what, value] of Object.entries(VALUES)) itGivesBack(`values back: ${what}`, [set('d', 'f', value)]);
    itGivesBack(
      'fields back under any name',
      FIELDS.flatMap((f, i) => [set('d', f, i), max('d', f, i), add('d', f, i + 1)]),
    );
    itGivesBack(
      'documents back under any path',
      DOCUMENTS.map((doc) => set(doc, 'f', doc)),
    );
    itWithStore('takes the prefix literally', async ({ store }) => {
      await store.write(
        ['keys/openai/1', 'keys/openai/2', 'keys/openai2/1', 'key', 'locks/1'].map((doc) => set(doc, 'f', 1)),
      );
      const found = async (prefix: string) => (await store.load(prefix)).map(({ doc }) => doc).sort();
      assert.deepEqual(await found('keys/openai/'), ['keys/openai/1', 'keys/openai/2']);
      assert.deepEqual(await found('keys/openai'), ['keys/openai/1', 'keys/openai/2', 'keys/openai2/1']);
      assert.deepEqual(await found('keys/openai/1'), ['keys/openai/1']);
      assert.deepEqual(await found('key'), ['key', 'keys/openai/1', 'keys/openai/2', 'keys/openai2/1']);
      for (const wild of [
        '*',
        'keys/*',
        'key?',
        '[k]eys',
        'keys/openai%',
        '.*',
        'keys/openai\\',
        'KEYS',
        '\uffff',
        'zzz',
      ]) {
        assert.deepEqual(await found(wild), [], wild);
      }
    });
    itWithStore('says the time in milliseconds, where it has one of its own', async ({ store }) => {
      const now = store.now?.();
      // A server's clock may be wrong, but not by the decades by which another unit would be.
      assert.ok(now === undefined || Math.abs(now - Date.now()) < 10 * 365 * 86_400_000, String(now));
    });
    itWithStore('hands out copies', async ({ store }) => {
      const list = [1];
      await store.write([set('d', 'f', { list })]);
      list.push(2);
      for (const document of await store.load('')) document.registers['f'] = { value: 'spoilt', version: 99, tie: 'z' };
      assert.deepEqual(plain(await store.load('')), plain(result([set('d', 'f', { list: [1] })]).values()));
    });
    itWithStore(
      'loads 5,000 documents',
      async ({ store }) => {
        const changes = Array.from(
          { length: 5_000 },
          (_, i) => `keys/many/${i.toString(16).padStart(16, '0')}`,
        ).flatMap((doc, i) => [set(doc, 'status', { status: 'healthy', at: i }), add(doc, 'calls', i)]);
        for (let i = 0; i < changes.length; i += 1_000) await store.write(changes.slice(i, i + 1_000));
        assert.deepEqual(plain(await store.load('keys/')), plain(result(changes).values()));
      },
      120_000,
    );
    itWithStore(
      'loads documents of many fields among small ones',
      async ({ store }) => {
        const changes = Array.from({ length: 40 }, (_, i) => i).flatMap((i) =>
          Array.from({ length: i % 3 === 0 ? 900 : 2 }, (_, field) => add(`series/${i}`, `f${field}`, i + 1)),
        );
        for (let i = 0; i < changes.length; i += 1_000) await store.write(changes.slice(i, i + 1_000));
        assert.deepEqual(plain(await store.load('series/')), plain(result(changes).values()));
      },
      120_000,
    );
  });
};
