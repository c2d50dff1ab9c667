import fc from 'fast-check';
import { settle as promises } from '../support/fake-clock';
import { add, enable, probe, settle } from './pool-commands';
import { INPUTS } from './pool-world';
import { DAY, HOUR, SECOND } from './rules';
import { counts, isLong, LENGTH, report, settings } from './runs';
import { SENTENCES, type Sentence } from './sentences';
import { WAITING_COMMANDS } from './waiting-commands';
import { WAITING_SENTENCES } from './waiting-sentences';
import { WaitingModel, WaitingWorld } from './waiting-world';

function start(sentence: Sentence, keys: number): { model: WaitingModel; real: WaitingWorld } {
  const model = new WaitingModel();
  const real = new WaitingWorld(sentence, model);
  for (let n = 0; n < keys; n += 1) {
    add(n).run(model, real);
    probe(n, { outcome: 'ok' }).run(model, real);
  }
  counts.sequences += 1;
  return { model, real };
}

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
  world.sentence.finally?.(model, world);
}

describe('those who wait, under any sequence of calls, checks, time and an administrator’s changes', () => {
  afterAll(report);
  it.each([...WAITING_SENTENCES, ...SENTENCES])(
    '$text',
    async (sentence) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: INPUTS.length - 1 }),
          fc.commands(WAITING_COMMANDS, LENGTH),
          async (keys, commands) => {
            const { model, real } = start(sentence, keys);
            await fc.asyncModelRun(() => ({ model, real }), commands);
            for (const _ of commands) counts.commands += 1;
            await end(model, real);
          },
        ),
        settings(30),
      );
    },
    isLong ? 3_600_000 : 30_000,
  );
});
