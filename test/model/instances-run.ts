import fc from 'fast-check';
import { settle, type InstancesCommand } from './instances-commands';
import type { InstancesSentence } from './instances-sentences';
import { InstancesModel, InstancesWorld } from './instances-world';
import { counts } from './runs';

/** So many instances go through the commands; then all calls end, and all that was written reaches everybody. */
export async function runInstances(
  sentence: InstancesSentence,
  count: number,
  commands: Iterable<InstancesCommand>,
  then: (model: InstancesModel, world: InstancesWorld) => void | Promise<void>,
): Promise<void> {
  const [model, world] = [new InstancesModel(), new InstancesWorld(sentence)];
  for (let i = 0; i < count; i += 1) await world.start(i);
  await fc.asyncModelRun(() => ({ model, real: world }), commands);
  counts.sequences += 1;
  for (const _ of commands) counts.commands += 1;
  while (model.open.length > 0) await settle(0, { outcome: 'cancelled' }).run(model, world);
  await world.exchange(model);
  await then(model, world);
  for (const { link } of world.instances) await link.close(0);
}
