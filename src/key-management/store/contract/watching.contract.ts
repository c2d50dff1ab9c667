import assert from 'node:assert/strict';
import type { StoreChange } from '../port/key-store';
import { add, byDocument, drop, max, plain, result, set, type ContractPart } from './contract-support';

/** What instances learn from each other. */
export const watchingContract: ContractPart = ({ describe, itWithStore }, options) => {
  if (!options.shared) return;

  describe('several instances', () => {
    itWithStore('see what another wrote', async ({ store, watcher, open }) => {
      const other = await open();
      const changes = [
        set('d', 'f', { a: [1, 'ü', {}] }, 3, 'w:1'),
        max('d', 'a.b/c#$[]', 5),
        add('d', 's', 2),
        set('e', '__proto__', null),
      ];
      await other.store.write(changes);
      await watcher.until('all changes', () => new Set(watcher.changes.map(({ kind, doc }) => kind + doc)).size === 4);
      assert.deepEqual(plain(result(watcher.changes).values()), plain(result(changes).values()));
      assert.deepEqual(plain(await store.load('')), plain(result(changes).values()));
    });

    itWithStore('see the changes of a document in their order', async ({ store, watcher, open }) => {
      const other = await open();
      for (let version = 1; version <= 20; version++)
        await other.store.write([set('d', 'f', version, version), add('d', 's', 1)]);
      await other.store.write([drop('d')]);
      await other.store.write([set('d', 'f', 'anew', 1), add('d', 's', 5)]);
      await other.store.write([set('d', 'last', 1)]);
      await watcher.until('the last change', () =>
        watcher.changes.some((change) => 'field' in change && change.field === 'last'),
      );
      assert.deepEqual(plain(result(watcher.changes).values()), plain(await store.load('')));
      const versions = watcher
        .of('d')
        .flatMap((change) => (change.kind === 'set' && change.field === 'f' ? [change.register.version] : []));
      const dropped = watcher.of('d').findIndex(({ kind }) => kind === 'drop');
      assert.ok(dropped >= 0, 'the drop was delivered');
      assert.deepEqual(
        versions.slice(0, -1),
        versions.slice(0, -1).sort((a, b) => a - b),
      );
    });

    itWithStore('see a drop', async ({ store, watcher, open }) => {
      await store.write([set('d', 'f', 1)]);
      const other = await open();
      await other.store.write([drop('d')]);
      await watcher.until('the drop', () => watcher.of('d').some(({ kind }) => kind === 'drop'));
      assert.deepEqual(await store.load(''), []);
    });

    itWithStore('do not hear their own writes', async ({ store, watcher, open }) => {
      const other = await open();
      await store.write([set('mine', 'f', 1), max('mine', 'm', 1), add('mine', 's', 1)]);
      await other.store.write([set('theirs', 'f', 1)]);
      await watcher.until("the other's change", () => watcher.of('theirs').length > 0);
      assert.deepEqual(watcher.of('mine'), []);
      await other.watcher.until("the first one's change", () => other.watcher.of('mine').length >= 3);
      assert.deepEqual(other.watcher.of('theirs'), []);
    });

    itWithStore(
      'lose no addition to each other',
      async ({ store, open }) => {
        const other = await open();
        const writes = Array.from({ length: 200 }, (_, i) =>
          [store, other.store].map((s) => s.write([add('d', 's', 1), add(`d${i % 7}`, 's', 2)])),
        );
        await Promise.all(writes.flat());
        const sums = (await store.load('d')).map(({ doc, sums }) => (doc === 'd' ? 0 : (sums['s'] ?? 0)));
        assert.equal((await store.load('d')).find(({ doc }) => doc === 'd')?.sums['s'], 400);
        assert.equal(
          sums.reduce((a, b) => a + b),
          800,
        );
      },
      60_000,
    );

    itWithStore(
      'agree on the winner of what they wrote at once',
      async ({ store, open }) => {
        const other = await open();
        const versions = Array.from({ length: 50 }, (_, i) => ((i * 37) % 50) + 1);
        await Promise.all(
          versions.flatMap((v) => [
            store.write([set('d', 'f', `a${v}`, v, 'a')]),
            other.store.write([set('d', 'f', `b${v}`, v, 'b')]),
          ]),
        );
        for (const { load } of [{ load: () => store.load('') }, { load: () => other.store.load('') }]) {
          assert.deepEqual(plain(await load()), plain(result([set('d', 'f', 'b50', 50, 'b')]).values()));
        }
      },
      60_000,
    );

    itWithStore(
      'count each addition once in a load and what is delivered after it',
      async ({ store, watcher, open }) => {
        const other = await open();
        const writing = (async () => {
          for (let i = 0; i < 150; i++) await other.store.write([add('d', 's', 1), add(`e/${i % 5}`, 's', 1)]);
          await other.store.write([set('end', 'f', 1)]);
        })();
        for (let round = 0; round < 10; round++) {
          const loaded = await store.load('');
          const since = watcher.changes.length;
          if (round === 9)
            await watcher.until(
              'the end',
              () => watcher.of('end').length > 0 || loaded.some(({ doc }) => doc === 'end'),
            );
          else continue;
          await writing;
          const all = () => result(watcher.changes.slice(since), loaded);
          const counted = () => [...all().values()].reduce((sum, { sums }) => sum + (sums['s'] ?? 0), 0);
          // Those of a document may come after the end, which is another.
          await watcher.until('all additions', () => counted() >= 300);
          const documents = all();
          assert.equal(documents.get('d')?.sums['s'], 150);
          for (let i = 0; i < 5; i++) assert.equal(documents.get(`e/${i}`)?.sums['s'], 30);
        }
      },
      60_000,
    );

    itWithStore('apply a batch once that is repeated under its id', async ({ store, open }) => {
      const other = await open();
      for (const s of [store, store, other.store]) await s.write([add('d', 's', 1)], 'writer-1:7');
      await store.write([add('d', 's', 10)], 'writer-1:8');
      await store.write([add('d', 's', 100)]);
      await store.write([add('d', 's', 100)]);
      assert.equal((await store.load('d'))[0]?.sums['s'], 211);
    });

    itWithStore(
      'hear of a batch that is for one of them, or of none, at once, or read it later',
      async ({ store, watcher, open }) => {
        const [one, other] = [await open(), await open()];
        const cursor = (await one.store.changesSince?.())?.cursor;
        await store.write([max('d', '+w~calls', 1), set('log', 'f', 'entry')], 'batch-1', 'nobody');
        await store.write([set('letter', 'f', 'for one', 1)], 'batch-2', { instance: one.watcher.instance });
        await store.write([drop('e'), set('d', 'state', 'gone')], 'batch-3', 'all');
        await one.watcher.until('the letter', () => one.watcher.of('letter').length > 0);
        for (const each of [one, other])
          await each.watcher.until('what all hear', () =>
            each.watcher.changes.some((change) => change.kind === 'set' && change.field === 'state'),
          );
        assert.deepEqual(
          plain(await other.store.load('')),
          plain(
            result([
              max('d', '+w~calls', 1),
              set('log', 'f', 'entry'),
              set('letter', 'f', 'for one', 1),
              set('d', 'state', 'gone'),
            ]).values(),
          ),
        );
        assert.deepEqual(watcher.changes, []);
        if (!one.store.changesSince) return;
        assert.deepEqual([other.watcher.of('letter'), one.watcher.of('log')], [[], []]);
        const read = await one.store.changesSince(cursor);
        assert.ok(read, 'it remembers as far back');
        assert.deepEqual(byDocument(read.changes), [max('d', '+w~calls', 1), drop('e'), set('log', 'f', 'entry')]);
        assert.deepEqual(
          [read.more, await one.store.changesSince(read.cursor)],
          [false, { changes: [], cursor: read.cursor, more: false }],
        );
        assert.deepEqual((await store.changesSince!(cursor))?.changes, []);
      },
    );

    itWithStore(
      'read all that nobody was told, in its order, however much it is, and whatever is written meanwhile',
      async ({ store, open }) => {
        const other = await open();
        let cursor = (await store.changesSince?.())?.cursor;
        if (cursor === undefined) return;
        const seen: StoreChange[] = [];
        const read = async (): Promise<void> => {
          for (let more = true; more;) {
            const answer = await store.changesSince!(cursor);
            assert.ok(answer, 'it remembers as far back');
            seen.push(...answer.changes);
            ({ cursor, more } = answer);
          }
        };
        for (let n = 1; n <= 450; n += 1) {
          await other.store.write([max(`d${n % 3}`, 'm', n)], undefined, 'nobody');
          if (n % 100 === 7) await read();
          if (n % 50 === 0) await store.write([max('mine', 'm', 1_000 + n)], undefined, 'nobody');
        }
        await read();
        assert.deepEqual(
          byDocument(seen),
          byDocument(Array.from({ length: 450 }, (_, n) => max(`d${(n + 1) % 3}`, 'm', n + 1))),
        );
      },
      60_000,
    );

    itWithStore('do not take what they read of other data', async ({ store, open }) => {
      const other = await open();
      if (!store.changesSince) return;
      await other.store.write([max('d', 'm', 1)], undefined, 'nobody');
      assert.equal(await store.changesSince('another-epoch 0 0-0'), undefined);
    });
  });
};
