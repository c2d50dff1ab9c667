import type { StoreChange, StoredDocument } from '../../src/key-management/store/port/key-store';
import { applyChange } from '../../src/key-management/store/port/merge';
import { seededRandom, shuffled } from '../support/seeded-random';
import { INSTANCES_SEQUENCES, runInstances } from './instances-run';
import { common } from './instances-sentences';
import { ALL, type InstancesWorld } from './instances-world';
import { hold, type Broken } from './runs';

type Documents = Map<string, StoredDocument>;

const merged = (...changes: StoreChange[][]): Documents => {
  const documents: Documents = new Map();
  for (const change of changes.flat()) applyChange(documents, structuredClone(change));
  return documents;
};

/** What a document says, as changes: so that two can be merged. */
const changesOf = ({ doc, registers, maxima, sums }: StoredDocument): StoreChange[] => [
  ...Object.entries(registers).map(([field, register]) => ({ kind: 'set' as const, doc, field, register })),
  ...Object.entries(maxima).map(([field, value]) => ({ kind: 'max' as const, doc, field, value })),
  ...Object.entries(sums).map(([field, by]) => ({ kind: 'add' as const, doc, field, by })),
];

/** In another order, in which the changes of each document keep theirs, as a store tells them. */
function interleaved(changes: readonly StoreChange[], random: () => number): StoreChange[] {
  const docs = [...new Set(changes.map(({ doc }) => doc))];
  const lines = docs.map((doc) => changes.filter((change) => change.doc === doc));
  const all: StoreChange[] = [];
  while (lines.length > 0) {
    const at = Math.floor(random() * lines.length);
    all.push(lines[at]!.shift()!);
    if (lines[at]!.length === 0) lines.splice(at, 1);
  }
  return all;
}

interface DocumentsSentence {
  readonly text: string;
  holds(journal: readonly StoreChange[], random: () => number, world: InstancesWorld): Promise<void>;
}

const SENTENCES: readonly DocumentsSentence[] = [
  {
    text: 'merge is commutative: what instances wrote comes to the same documents in any order',
    holds: async (journal, random, { store }) => {
      expect(merged(shuffled(journal, random))).toEqual(store.documents);
    },
  },
  {
    text: 'merge is associative: whatever was merged before what',
    holds: async (journal, random, { store }) => {
      const cut = Math.floor(random() * journal.length);
      const [one, other] = [merged(journal.slice(0, cut)), merged(journal.slice(cut))];
      const later = [...other.values()].flatMap(changesOf);
      expect(merged([...one.values()].flatMap(changesOf), later)).toEqual(store.documents);
      expect(merged(journal.slice(0, cut), later)).toEqual(store.documents);
    },
  },
  {
    text: 'merge is idempotent: what does not add up may come any number of times',
    holds: async (journal, random, { store }) => {
      const again = journal.filter(({ kind }) => kind !== 'add');
      expect(merged([...journal], shuffled(again, random), shuffled(again, random))).toEqual(store.documents);
    },
  },
  {
    text: 'a pool that is told all in another order, and much of it twice, comes to the same',
    holds: async (journal, random, world) => {
      const i = world.instances.length;
      const documents = world.store.documents;
      // It starts before anything was written, and is told of it afterwards.
      world.store.documents = new Map();
      await world.start(i, false);
      const member = world.members[i]!;
      member.inbox.push(...interleaved(journal, random));
      while (member.inbox.length > 0) {
        member.deliver(1 + Math.floor(random() * 5));
        member.repeat(Math.floor(random() * 50));
      }
      world.store.documents = documents;
      await world.quiet();
      for (const n of ALL) expect(common(world.shown(i, n))).toBe(common(world.shown(0, n)));
    },
  },
];

describe('documents of keys, as instances wrote them in any sequence of calls, changes and faults', () => {
  hold(SENTENCES, 30, INSTANCES_SEQUENCES, async (sentences, { count, seed }, commands) => {
    const broken: Broken<DocumentsSentence> = new Map();
    await runInstances([], count, commands, async (_, world) => {
      const journal = world.store.journal.filter(({ kind }) => kind !== 'drop');
      for (const sentence of sentences) {
        const failed = await sentence
          .holds(journal, seededRandom(seed), world)
          .catch((error: unknown) => error as Error);
        if (failed) broken.set(sentence, failed);
      }
    });
    return broken;
  });
});
