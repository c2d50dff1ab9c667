import { INSTANCES_SEQUENCES, runInstances } from './instances-run';
import { INSTANCES_SENTENCES } from './instances-sentences';
import { hold } from './runs';

describe('instances that share a store, under any sequence of calls, changes and faults between them', () => {
  hold(INSTANCES_SENTENCES, 60, INSTANCES_SEQUENCES, async (sentences, { count }, commands) => {
    const world = await runInstances(sentences, count, commands, async (model, ended) => {
      await ended.start(ended.instances.length);
      const rounds = await ended.exchange(model);
      ended.look((sentence) => sentence.finally?.(model, ended, rounds));
    });
    return world.broken;
  });
});
