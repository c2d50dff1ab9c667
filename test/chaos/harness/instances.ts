import { AppInstance } from '../../store/app-instance';
import type { CallCounts } from '../../store/instance-commands';
import type { Findings } from './findings';
import type { Stage } from './stage';

/** Instances of an app under load, each a process. They end with the stage. */
export async function startInstances(
  stage: Stage,
  count: number,
  ...given: Parameters<typeof AppInstance.start>
): Promise<AppInstance[]> {
  const instances = await AppInstance.startAll(count, ...given);
  stage.onEnd(() => Promise.all(instances.map((each) => each.kill9())));
  return instances;
}

export async function endLoads(findings: Findings, instances: readonly AppInstance[]): Promise<number> {
  const counts = await Promise.all(instances.map((each) => each.ask<CallCounts>({ do: 'endLoad' })));
  findings.equal(
    'failed calls',
    counts.flatMap(({ errors }) => errors),
    [],
  );
  return counts.reduce((sum, { good }) => sum + good, 0);
}

/** How many instances say that they lead the checks. */
export async function leaders(instances: readonly AppInstance[]): Promise<AppInstance[]> {
  const held = await Promise.all(instances.map((each) => each.ask<boolean>({ do: 'lead' })));
  return instances.filter((_, n) => held[n]);
}
