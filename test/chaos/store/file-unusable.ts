import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allGood, endsInTime } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

export const fileUnusable: Scenario = {
  promised:
    'a folder that cannot be used (a file in its place, not writable, held by another app, taken away under load) stops no start and no call, and an error line names it',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const root = await mkdtemp(join(tmpdir(), 'akm-chaos-'));
    stage.onEnd(() => rm(root, { recursive: true, force: true }));
    const busy = join(root, 'busy');
    const holder = await stage.app(openai.newKeys(3), { store: { kind: 'file', path: busy } });
    await writeFile(join(root, 'file'), 'not a folder');
    // The kernel refuses writes there, also for root.
    for (const path of [join(root, 'file'), join(root, 'file', 'below'), '/proc/self', '/sys/kernel', busy]) {
      const before = stage.logs.length;
      const app = await stage.app(openai.newKeys(4), { store: { kind: 'file', path } });
      findings.inject('folder that cannot be used');
      const calls = app.calls({ timeoutMs: 3_000 });
      await calls.make(stage.scaled(20), 5);
      findings.equal(`failures on ${path.replace(root, '…')}`, calls.failureCounts, {});
      const named = stage.logs.slice(before).some((line) => line.startsWith('error') && line.includes(path));
      findings.promise(named, `no error line names ${path.replace(root, '…')}`);
      await app.close();
    }
    const calls = holder.calls({ timeoutMs: 3_000 });
    const load = calls.flow(stage.scaled(1_500, 5_000), 40);
    await rename(join(busy, 'key-store'), join(root, 'away'));
    findings.inject('folder taken away under load');
    await load;
    await rm(join(root, 'away'), { recursive: true });
    findings.inject('folder removed');
    await calls.flow(stage.scaled(1_500, 5_000), 40);
    allGood(findings, calls);
    endsInTime(findings, calls, 3_000);
    findings.atMost('app closed, ms', await holder.close(), 8_000);
  },
};
