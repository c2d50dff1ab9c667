import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdOf } from '../../../src/key-management/pool/key/api-key';
import { AppInstance } from '../../store/app-instance';
import type { Scenario } from '../harness/scenario';

/** Kill -9 while calls go on and an administrator disables one key after the other. */
export const killedInstance: Scenario = {
  promised: 'what was acknowledged as durable is there after kill -9 and a restart, and the keys answer again',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const keys = openai.newKeys(120);
    const root = await mkdtemp(join(tmpdir(), 'akm-chaos-'));
    stage.onEnd(() => rm(root, { recursive: true, force: true }));
    let acknowledged = 0;
    for (let round = 0; round < stage.scaled(1, 6); round += 1) {
      const options = {
        providers: { openai: { keys, baseUrl: openai.baseUrl } },
        startupCheckTimeoutMs: 200,
        store: { kind: 'file' as const, path: join(root, String(round)) },
      };
      const instance = await AppInstance.start(options);
      stage.onEnd(() => instance.kill9());
      void instance.ask({ do: 'load', url: openai.baseUrl }).catch(() => undefined);
      const killed = new Promise<void>((resolve, reject) => {
        const after = 20 + round * 17;
        instance.onDurable = () => instance.durable.length === after && void instance.kill9().then(resolve, reject);
      });
      instance.ask({ do: 'change', what: 'disable', keyIds: keys.slice(0, 118).map(keyIdOf) }).catch(() => undefined);
      await killed;
      findings.inject('instance killed under load');

      const again = await AppInstance.start(options);
      stage.onEnd(() => again.kill9());
      const disabled = new Set((await again.keys()).filter(({ status }) => status === 'disabled').map(({ id }) => id));
      acknowledged += instance.durable.length;
      findings.equal(
        'acknowledged changes that are lost',
        instance.durable.filter((id) => !disabled.has(id)),
        [],
      );
      const calls = await again.ask<{ failed: number }>({ do: 'execute', times: 20, url: openai.baseUrl });
      findings.equal('failed calls after the restart', calls.failed, 0);
      await again.end();
    }
    findings.figure('acknowledged changes found', acknowledged);
  },
};
