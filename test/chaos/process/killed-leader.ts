import { endLoads, leaders, startInstances } from '../harness/instances';
import { faultyRedis } from '../harness/redis';
import { lateMs } from '../harness/promises';
import type { Scenario } from '../harness/scenario';
import { PostgresServer } from '../../support/postgres-server';
import type { Stage } from '../harness/stage';
import { until } from '../harness/until';

/** @param storeUrl Starts a store, which ends with the stage. */
const killedLeaderOn = (kind: 'redis' | 'postgres', storeUrl: (stage: Stage) => Promise<string>): Scenario => ({
  promised:
    'when the instance that leads the checks is killed, no call of another fails, and another leads within 18 s',
  longOnly: true,
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const url = await storeUrl(stage);
    const options = {
      providers: { openai: { keys: openai.newKeys(8), baseUrl: openai.baseUrl } },
      store: { kind, url },
    };
    let left = await startInstances(stage, 3, options, { schedule: true });
    for (const each of left) await each.ask({ do: 'load', url: openai.baseUrl });
    for (let round = 0; round < 2; round += 1) {
      const [leader] = await leaders(left);
      findings.promise(leader !== undefined, 'nobody leads');
      await leader?.kill9();
      findings.inject('leader killed under load');
      left = left.filter((each) => each !== leader);
      const ms = await until(async () => (await leaders(left)).length === 1, 90_000);
      findings.atMost('another leads after, ms', ms ?? Infinity, 18_000 + lateMs());
    }
    findings.figure('calls of those that were left', await endLoads(findings, left));
    for (const each of left) await each.end();
  },
});

export const killedLeader = killedLeaderOn('redis', async (stage) => (await faultyRedis(stage)).directUrl);

export const killedLeaderOnPostgres = killedLeaderOn('postgres', async (stage) => {
  const server = await PostgresServer.start();
  stage.onEnd(() => server.stop());
  return server.url;
});
