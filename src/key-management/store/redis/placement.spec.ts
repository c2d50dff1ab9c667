import fc from 'fast-check';
import { documentOf, KEYS } from '../keys/key-documents';
import { CLAIMS, placeOf } from '../shares/period-documents';
import { add, drop, max, plain, result, set } from '../contract/contract-support';
import type { StoreChange } from '../port/key-store';
import { dividedChanges, isSpread, joinedDocuments, rootsOf, shardOf, shardsOf, slotOf } from './placement';

const changes = fc.array(
  fc
    .tuple(
      fc.constantFrom('keys/a/1', 'keys/a/2', 'series/key-minutes/a/7', 'series/key-hours/b/1', 'day-limits/a/x'),
      fc.constantFrom('f', 'g', 'h', '__proto__'),
      fc.integer({ min: 0, max: 9 }),
      fc.constantFrom('set', 'max', 'add', 'drop'),
    )
    .map(([doc, field, n, kind]): StoreChange => {
      if (kind === 'set') return set(doc, field, n, n);
      return kind === 'max' ? max(doc, field, n) : kind === 'add' ? add(doc, field, n) : drop(doc);
    }),
  { maxLength: 40 },
);

describe('the place of a document', () => {
  // Instances of different releases share a store.
  it('is the same for ever', () => {
    const placesOf = (doc: string, field?: string) => [2, 3, 4, 64].map((count) => shardOf(doc, count, field));
    expect(placesOf('keys/openai/0123456789abcdef')).toEqual([1, 1, 1, 17]);
    expect(placesOf('series/total/openai')).toEqual([0, 0, 2, 26]);
    expect(placesOf('instances/a')).toEqual([0, 1, 2, 26]);
    expect(placesOf('series/key-minutes/openai/12', '+wabc~0123456789abcdefr')).toEqual([0, 2, 2, 58]);
    expect(placesOf('day-limits/openai/0123456789abcdef')).toEqual([1, 2, 1, 37]);
    expect(rootsOf('shop', 2)).toEqual(['{akm:shop}:', '{akm:shop:1/2.1}:']);
    expect(rootsOf('shop', 3)).toEqual(['{akm:shop}:', '{akm:shop:1/3.1}:', '{akm:shop:2/3.4}:']);
    expect(rootsOf('shop', 4)).toEqual(['{akm:shop}:', '{akm:shop:1/4.1}:', '{akm:shop:2/4}:', '{akm:shop:3/4.3}:']);
  });

  it.each([2, 3, 4, 7, 64])('is spread evenly over %i shards', (count) => {
    const docs = Array.from({ length: 1_000 * count }, (_, n) => documentOf('openai', `key-${n}`));
    const fields = docs.map((_, n) => [`+w1~key-${n}r`, `+w1~key-${n}t`]).flat();
    const placed = [
      docs.map((doc) => shardOf(doc, count)),
      fields.map((field) => shardOf('series/key-minutes/openai/29000000', count, field)),
    ];
    for (const shards of placed) {
      const held = Array.from({ length: count }, (_, shard) => shards.filter((each) => each === shard).length);
      const fair = shards.length / count;
      expect(Math.max(...held)).toBeLessThan(1.15 * fair);
      expect(Math.min(...held)).toBeGreaterThan(0.85 * fair);
    }
  });

  it('is that of the lock for what is claimed under it', () => {
    for (const provider of ['openai', 'a', 'b', 'c']) {
      const docs = [`${placeOf(provider)}0123456789abcdef`, `${placeOf(provider)}fedcba9876543210`];
      for (const doc of docs) expect(shardOf(doc, 5)).toBe(shardOf(CLAIMS + provider, 5));
      expect(shardsOf(docs[0]!, 5)).toEqual([shardOf(docs[0]!, 5)]);
      expect(shardsOf(placeOf(provider), 5)).toEqual([shardOf(docs[0]!, 5)]);
    }
  });

  it('is among those that are read for any prefix of its name', () => {
    const names = fc.constantFrom('keys/a/1', 'day-limits/openai/1a', 'day-limits/openai', 'series/key-hours/a/1');
    fc.assert(
      fc.property(names, fc.nat(25), fc.integer({ min: 1, max: 9 }), fc.string(), (doc, length, count, field) => {
        expect(shardsOf(doc.slice(0, length), count)).toContain(shardOf(doc, count, field));
      }),
    );
    expect(shardsOf(KEYS, 3)).toEqual([0, 1, 2]);
  });

  it('is one for all fields of a key, and one for each field of what holds those of many keys', () => {
    expect([isSpread('keys/openai/1'), isSpread('series/total/openai')]).toEqual([false, false]);
    expect([isSpread('series/key-minutes/openai/1'), isSpread('series/key-hours/openai/1')]).toEqual([true, true]);
    const fields = Array.from({ length: 50 }, (_, n) => `f${n}`);
    expect(new Set(fields.map((field) => shardOf('keys/openai/1', 4, field))).size).toBe(1);
    expect(new Set(fields.map((field) => shardOf('series/key-minutes/openai/1', 4, field))).size).toBe(4);
  });
});

it('a batch in parts comes to the same documents', () => {
  fc.assert(
    fc.property(changes, fc.integer({ min: 1, max: 6 }), (batch, count) => {
      const parts = [...dividedChanges(batch, count).values()].map((part) => [...result(part).values()]);
      expect(plain(joinedDocuments(parts.length > 0 ? parts : [[]]))).toEqual(plain(result(batch).values()));
    }),
  );
});

describe('the roots of shards', () => {
  it('begin with that of a namespace which is not divided', () => {
    for (const count of [1, 2, 5]) expect(rootsOf('shop', count)[0]).toBe('{akm:shop}:');
    expect(rootsOf('shop', 1)).toHaveLength(1);
  });

  it('have slots as a Redis Cluster reckons them', () => {
    // Of the specification of Redis Cluster, and `CLUSTER KEYSLOT`.
    expect([slotOf('123456789'), slotOf('foo'), slotOf('akm:default')]).toEqual([12_739, 12_182, expect.any(Number)]);
  });

  it.each([2, 3, 4, 5, 16, 64])('are each in another of %i equal parts of the slots, in any namespace', (count) => {
    for (const namespace of ['default', 'shop', 'a', 'staging-2']) {
      const parts = rootsOf(namespace, count).map((root) => Math.floor((slotOf(root.slice(1, -2)) * count) / 16_384));
      expect(new Set(parts).size).toBe(count);
    }
  });
});
