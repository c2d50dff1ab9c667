import fc from 'fast-check';
import { add } from '../contract/contract-support';
import type { StoreChange } from './key-store';
import { ChangeDeduplicator, type Batch } from './change-deduplicator';

const DOCS = ['a', 'b'];
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('ChangeDeduplicator', () => {
  it('counts each addition once in the latest load and what is delivered after it', async () => {
    // A batch comes to the store, to this reader, or a load begins, reads a document, ends.
    const step = fc.constantFrom('write', 'read', 'begin', 'look', 'end');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const store: Batch[] = [];
        const shown = new Map<string, number>();
        const deduplicator = new ChangeDeduplicator((changes) => changes.forEach((change) => count(shown, change)));
        let position = 0;
        let load:
          | { end: ReturnType<ChangeDeduplicator['beginLoad']>; seqs: Map<string, number>; sums: Map<string, number> }
          | undefined;
        const finish = async () => {
          if (!load) return;
          load.end(load.seqs);
          for (const [doc, sum] of load.sums) shown.set(doc, sum);
          load = undefined;
          await nextTurn();
        };
        for (const action of steps) {
          if (action === 'write') store.push({ seq: store.length + 1, changes: DOCS.map((doc) => add(doc, 's', 1)) });
          else if (action === 'read' && position < store.length) deduplicator.receive(store[position++]!);
          else if (action === 'begin') load ??= { end: deduplicator.beginLoad(), seqs: new Map(), sums: new Map() };
          else if (action === 'look' && load) {
            const doc = DOCS[load.seqs.size % DOCS.length]!;
            load.seqs.set(doc, store.length);
            load.sums.set(doc, store.length);
          } else if (action === 'end') await finish();
        }
        await finish();
        while (position < store.length) deduplicator.receive(store[position++]!);
        for (const doc of DOCS) expect(shown.get(doc) ?? 0).toBe(store.length);
      }),
    );
  });

  it('lets batches of other data pass whatever a load of the former gave', async () => {
    const changes: StoreChange[] = [];
    const deduplicator = new ChangeDeduplicator((more) => changes.push(...more));
    const end = deduplicator.beginLoad();
    deduplicator.receive({ seq: 90, changes: [add('a', 's', 1)] });
    deduplicator.reset();
    end(new Map([['a', 100]]));
    deduplicator.receive({ seq: 1, changes: [add('a', 's', 7)] });
    await nextTurn();
    expect(changes).toEqual([add('a', 's', 7)]);
  });
});

function count(shown: Map<string, number>, change: StoreChange): void {
  if (change.kind === 'add') shown.set(change.doc, (shown.get(change.doc) ?? 0) + change.by);
}
