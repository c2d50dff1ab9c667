import type fc from 'fast-check';

/** Settings of the suite, and what it did. */
const asked = Number(process.env.MODEL_RUNS);
export const isLong = asked > 0;

/** So many sequences per sentence: `MODEL_RUNS`, or few enough for every day. */
export const runs = (everyDay: number): number => (isLong ? asked : everyDay);

export const counts = { sequences: 0, commands: 0 };

/** After a long run: how long it was. */
export function report(): void {
  if (isLong) console.log(`${counts.sequences} sequences of ${counts.commands} commands in all`);
}

/** fast-check's settings for one sentence. */
export const settings = (everyDay: number): fc.Parameters<unknown> => ({
  numRuns: runs(everyDay),
  seed: process.env.MODEL_SEED === undefined ? undefined : Number(process.env.MODEL_SEED),
});

/** Sequences of many commands rather than few: what goes wrong takes a history. */
export const LENGTH: fc.CommandsContraints = { size: 'max', maxCommands: 100 };
