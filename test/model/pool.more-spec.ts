import fc from 'fast-check';
import { add, enable, held, PASSING_TIME, POOL_COMMANDS, probe, settle } from './pool-commands';
import { PoolModel } from './pool-model';
import { PoolWorld } from './pool-world';
import { hold, LENGTH } from './runs';
import { SENTENCES } from './sentences';

const COMMANDS = [...POOL_COMMANDS, ...PASSING_TIME].map((command) => command.map(held));
/** So many keys are there at the start: with few, what happens happens to the same ones. */
const KEYS = fc.constantFrom(1, 1, 1, 2, 3, 5);

/** All calls end, much time passes, and every key is enabled and found good. */
function end(model: PoolModel, world: PoolWorld): void {
  while (model.held.length > 0) held(settle(0, { outcome: 'cancelled' })).run(model, world);
  world.clock.skip(1e9);
  for (const n of model.keys.keys()) {
    enable(n).run(model, world);
    probe(n, { outcome: 'ok' }).run(model, world);
  }
  world.hold(model);
  world.look((sentence) => sentence.finally?.(model, world));
}

describe('a pool under any sequence of calls, checks, time and an administrator’s changes', () => {
  hold(SENTENCES, 600, fc.tuple(KEYS, fc.commands(COMMANDS, LENGTH)), async (sentences, keys, commands) => {
    const [model, world] = [new PoolModel(), new PoolWorld(sentences)];
    for (let n = 0; n < keys; n += 1) {
      add(n).run(model, world);
      probe(n, { outcome: 'ok' }).run(model, world);
    }
    fc.modelRun(() => ({ model, real: world }), commands);
    end(model, world);
    return world.broken;
  });
});
