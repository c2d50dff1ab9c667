import { resolve } from 'node:path';
import { keyIdOf } from '../../../src/key-management/pool/key/api-key';
import { endLoads, leaders, startInstances } from '../harness/instances';
import { faultyRedis } from '../harness/redis';
import type { Scenario } from '../harness/scenario';
import { pause, until } from '../harness/until';

export const oneOfThree: Scenario = {
  promised:
    'an instance whose clock is an hour off, forward or back, works on with the others: no call fails, one leads the checks, changes reach all both ways',
  longOnly: true,
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const { directUrl } = await faultyRedis(stage);
    const keys = openai.newKeys(8);
    const options = {
      providers: { openai: { keys, baseUrl: openai.baseUrl } },
      store: { kind: 'redis' as const, url: directUrl },
    };
    const env = { NODE_OPTIONS: `--require ${resolve(__dirname, '../harness/set-clock.preload.cjs')}` };
    const instances = await startInstances(stage, 3, options, { schedule: true, env });
    const [odd, other] = [instances[0]!, instances[1]!];
    for (const each of instances) await each.ask({ do: 'load', url: openai.baseUrl });
    const statusAt = async (instance: typeof odd, id: string) =>
      (await instance.keys()).find((key) => key.id === id)?.status;

    const set = ['SIGWINCH', 'SIGUSR2', 'SIGUSR2', 'SIGWINCH'] as const;
    for (const [n, signal] of set.entries()) {
      odd.signal(signal);
      findings.inject('clock of one instance set by an hour');
      await pause(1_000);
      for (const [from, to, key] of [
        [odd, other, keys[0]!],
        [other, odd, keys[1]!],
      ] as const) {
        const what = n % 2 === 0 ? ('disable' as const) : ('enable' as const);
        const id = keyIdOf(key);
        await from.ask({ do: 'change', what, keyIds: [id] });
        const expected = what === 'disable' ? 'disabled' : 'healthy';
        const ms = await until(async () => (await statusAt(to, id)) === expected, 60_000);
        findings.promise(
          ms !== undefined,
          `${what} did not reach ${to === odd ? 'the odd one' : 'another'} (round ${n})`,
        );
      }
      const leading = await until(async () => (await leaders(instances)).length === 1, 60_000);
      findings.promise(leading !== undefined, `not exactly one leads (round ${n})`);
    }
    findings.figure('calls meanwhile', await endLoads(findings, instances));
    for (const each of instances) await each.end();
  },
};
