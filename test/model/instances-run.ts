import fc from 'fast-check';
import { INSTANCES_COMMANDS, settle, type InstancesCommand } from './instances-commands';
import type { InstancesSentence } from './instances-sentences';
import { LENGTH } from './runs';
import { InstancesModel, InstancesWorld } from './instances-world';

/** Two or three instances, what happens to them, and chance. */
export const INSTANCES_SEQUENCES = fc.tuple(
  fc.record({ count: fc.integer({ min: 2, max: 3 }), seed: fc.nat() }),
  fc.commands(INSTANCES_COMMANDS, LENGTH),
);

/** So many instances go through the commands; then all calls end, and all that was written reaches everybody. */
export async function runInstances(
  sentences: readonly InstancesSentence[],
  count: number,
  commands: Iterable<InstancesCommand>,
  then: (model: InstancesModel, world: InstancesWorld) => void | Promise<void>,
): Promise<InstancesWorld> {
  const [model, world] = [new InstancesModel(), new InstancesWorld(sentences)];
  for (let i = 0; i < count; i += 1) await world.start(i);
  await fc.asyncModelRun(() => ({ model, real: world }), commands);
  while (model.open.length > 0) await settle(0, { outcome: 'cancelled' }).run(model, world);
  await world.exchange(model);
  await then(model, world);
  for (const { link } of world.instances) await link.close(0);
  return world;
}
