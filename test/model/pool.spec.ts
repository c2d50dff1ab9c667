import fc from 'fast-check';
import { add, enable, held, PASSING_TIME, POOL_COMMANDS, probe, settle } from './pool-commands';
import { PoolModel } from './pool-model';
import { INPUTS, PoolWorld } from './pool-world';
import { counts, isLong, LENGTH, report, settings } from './runs';
import { SENTENCES, type Sentence } from './sentences';

const COMMANDS = [...POOL_COMMANDS, ...PASSING_TIME].map((command) => command.map(held));

/** So many keys that were checked: with few, what happens happens to the same ones. */
function start(sentence: Sentence, keys: number): { model: PoolModel; real: PoolWorld } {
  const [model, real] = [new PoolModel(), new PoolWorld(sentence)];
  for (let n = 0; n < keys; n += 1) {
    add(n).run(model, real);
    probe(n, { outcome: 'ok' }).run(model, real);
  }
  counts.sequences += 1;
  return { model, real };
}

/** All calls end, much time passes, and every key is enabled and found good. */
function end(model: PoolModel, world: PoolWorld): void {
  while (model.held.length > 0) settle(0, { outcome: 'cancelled' }).run(model, world);
  world.clock.skip(1e9);
  for (const n of model.keys.keys()) {
    enable(n).run(model, world);
    probe(n, { outcome: 'ok' }).run(model, world);
  }
  world.hold(model);
  world.sentence.finally?.(model, world);
}

describe('a pool under any sequence of calls, checks, time and an administrator’s changes', () => {
  afterAll(report);
  it.each(SENTENCES)(
    '$text',
    (sentence) => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: INPUTS.length - 1 }), fc.commands(COMMANDS, LENGTH), (keys, commands) => {
          const { model, real } = start(sentence, keys);
          fc.modelRun(() => ({ model, real }), commands);
          for (const _ of commands) counts.commands += 1;
          end(model, real);
        }),
        settings(100),
      );
    },
    isLong ? 3_600_000 : 30_000,
  );
});
