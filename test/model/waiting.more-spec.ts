import fc from 'fast-check';
import { settle as promises } from '../support/fake-clock';
import { add, enable, probe, settle } from './pool-commands';
import { DAY, HOUR, SECOND } from './rules';
import { hold, LENGTH } from './runs';
import { SENTENCES } from './sentences';
import { WAITING_COMMANDS } from './waiting-commands';
import { WAITING_SENTENCES } from './waiting-sentences';
import { WaitingModel, WaitingWorld } from './waiting-world';

/** So many keys are there at the start. */
const KEYS = fc.constantFrom(1, 1, 1, 2, 3, 5);

/** All calls end well, and much time passes, in which those who wait take their turn. */
async function end(model: WaitingModel, world: WaitingWorld): Promise<void> {
  const isBusy = (): boolean =>
    model.open.length > 0 || [...model.waiters, ...model.calls].some((each) => each.end === undefined);
  for (let round = 0; round < 20 || (isBusy() && round < 200); round += 1) {
    for (const request of [...model.requests]) request.answer({ outcome: 'ok' });
    for (const _ of [...model.held]) settle(0, { outcome: 'ok' }).run(model, world);
    await promises();
    await world.clock.advance(model.open.length > 0 ? SECOND : HOUR);
    world.hold(model);
  }
  await world.clock.advance(12 * DAY);
  for (const n of model.keys.keys()) {
    enable(n).run(model, world);
    probe(n, { outcome: 'ok' }).run(model, world);
  }
  world.hold(model);
  world.look((sentence) => sentence.finally?.(model, world));
}

describe('those who wait, under any sequence of calls, checks, time and an administrator’s changes', () => {
  hold(
    [...WAITING_SENTENCES, ...SENTENCES],
    250,
    fc.tuple(KEYS, fc.commands(WAITING_COMMANDS, LENGTH)),
    async (sentences, keys, commands) => {
      const model = new WaitingModel();
      const world = new WaitingWorld(sentences, model);
      for (let n = 0; n < keys; n += 1) {
        add(n).run(model, world);
        probe(n, { outcome: 'ok' }).run(model, world);
      }
      await fc.asyncModelRun(() => ({ model, real: world }), commands);
      await end(model, world);
      return world.broken;
    },
  );
});
