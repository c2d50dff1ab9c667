import fc from 'fast-check';

const { MODEL_RUNS, MODEL_SEED } = process.env;
const isLong = MODEL_RUNS !== undefined;

/** Sequences of many commands rather than few: what goes wrong takes a history. */
export const LENGTH: fc.CommandsContraints = { size: 'max', maxCommands: 100 };

/** How many random sequences, and from which seed: `MODEL_RUNS` and `MODEL_SEED`, or what is good for every day. */
export const randomRuns = (everyDay: number): { readonly seed: number; readonly numRuns: number } => ({
  // The same every day, so that a run says something of the change; another in each long run, which is to find what is not known.
  seed: Number(MODEL_SEED ?? (isLong ? Math.floor(Math.random() * 2 ** 31) : 1)),
  numRuns: Number(MODEL_RUNS ?? everyDay),
});

/** What of one run did not hold, by sentence. */
export type Broken<Sentence> = Map<Sentence, Error>;

/** Looks whether a sentence holds; where it does not, it is not asked again. */
export function look<Sentence>(
  sentences: readonly Sentence[],
  broken: Broken<Sentence>,
  at: (sentence: Sentence) => void,
) {
  for (const sentence of sentences) {
    if (broken.has(sentence)) continue;
    try {
      at(sentence);
    } catch (error) {
      broken.set(sentence, error as Error);
    }
  }
}

/** Ends the run at the first that does not hold, where only one is asked: so that its story becomes short. */
export function endAtFirst<Sentence>(sentences: readonly Sentence[], broken: Broken<Sentence>): void {
  const [first] = broken.values();
  if (first && sentences.length === 1) throw first;
}

/**
 * Holds all sentences to the same random sequences, `MODEL_RUNS` of them (or few enough for every day, where that is not set). Of one
 * that did not hold, its test tells the shortest story.
 */
export function hold<Sentence extends { readonly text: string }, Value>(
  sentences: readonly Sentence[],
  everyDay: number,
  sequences: fc.Arbitrary<[Value, Iterable<unknown>]>,
  run: (asked: readonly Sentence[], sequence: Value, commands: never) => Promise<Broken<Sentence>>,
): void {
  const runs = randomRuns(everyDay);
  const limitMs = isLong ? 6 * 3_600_000 : 1_800_000;
  const broken = new Set<Sentence>();
  const counts = { sequences: 0, commands: 0 };
  const all = (asked: readonly Sentence[]) =>
    fc.asyncProperty(sequences, async ([value, commands]) => {
      const found = await run(asked, value, commands as never);
      counts.sequences += 1;
      for (const _ of commands) counts.commands += 1;
      for (const sentence of found.keys()) broken.add(sentence);
      endAtFirst(asked, found);
    });

  beforeAll(() => fc.assert(all(sentences), runs), limitMs);
  afterAll(() => {
    if (isLong) console.log(`${counts.sequences} sequences, ${counts.commands} commands`);
  });

  it.each(sentences)(
    '$text',
    async (sentence) => {
      if (broken.has(sentence)) await fc.assert(all([sentence]), runs);
      expect([...broken]).not.toContain(sentence);
    },
    limitMs,
  );
}
