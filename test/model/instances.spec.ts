import fc from 'fast-check';
import { INSTANCES_COMMANDS } from './instances-commands';
import { runInstances } from './instances-run';
import { INSTANCES_SENTENCES } from './instances-sentences';
import { isLong, LENGTH, report, settings } from './runs';

describe('instances that share a store, under any sequence of calls, changes and faults between them', () => {
  afterAll(report);
  it.each(INSTANCES_SENTENCES)(
    '$text',
    async (sentence) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 2, max: 3 }),
          fc.commands(INSTANCES_COMMANDS, LENGTH),
          async (count, commands) => {
            await runInstances(sentence, count, commands, async (model, world) => sentence.finally?.(model, world));
          },
        ),
        settings(30),
      );
    },
    isLong ? 3_600_000 : 60_000,
  );
});
