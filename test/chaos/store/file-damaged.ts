import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../support/seeded-random';
import { written } from '../harness/outage';
import { allGood } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

type Damage = (file: string, random: () => number) => Promise<unknown>;
const DAMAGES: Readonly<Record<string, Damage>> = {
  'file cut short': async (file, random) => truncate(file, Math.floor(random() * (await readFile(file)).length)),
  'file emptied': (file) => truncate(file, 0),
  'file removed': (file) => rm(file),
  'bytes turned': async (file, random) => {
    const bytes = await readFile(file);
    for (let n = 0; n < 32 && bytes.length > 0; n += 1) bytes[Math.floor(random() * bytes.length)]! ^= 0xff;
    await writeFile(file, bytes);
  },
  'file full of noise': async (file, random) => {
    const { length } = await readFile(file);
    await writeFile(
      file,
      Uint8Array.from({ length: Math.max(64, length) }, () => Math.floor(random() * 256)),
    );
  },
};

export const fileDamaged: Scenario = {
  promised:
    'whatever was done to the files of the store, the app starts, calls are answered, and the store is written again',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const keys = openai.newKeys(20);
    const random = seededRandom(5);
    const path = await mkdtemp(join(tmpdir(), 'akm-chaos-'));
    stage.onEnd(() => rm(path, { recursive: true, force: true }));
    const store = { kind: 'file', path } as const;
    const start = () => stage.app(keys, { store, healthCheckDepth: 'light' });
    await (await start()).close();
    const folder = join(path, 'key-store');
    for (let round = 0; round < stage.scaled(1, 3); round += 1) {
      for (const [name, damage] of Object.entries(DAMAGES)) {
        for (const kind of [/^CURRENT$/, /^MANIFEST/, /\.log$/, /\.ldb$/]) {
          const files = (await readdir(folder)).filter((file) => kind.test(file));
          for (const file of files) {
            await damage(join(folder, file), random);
            findings.inject(name);
          }
          if (files.length === 0) continue;
          const app = await start();
          const calls = app.calls({ timeoutMs: 3_000, ways: ['execute'] });
          await calls.make(20, 5);
          findings.equal(`failures after ${name} (${kind.source})`, calls.failureCounts, {});
          findings.promise((await written(app, 5_000)) !== undefined, `not written after ${name} (${kind.source})`);
          await app.close();
        }
      }
    }
    const last = await start();
    const calls = last.calls({ timeoutMs: 3_000 });
    await calls.make(20, 5);
    allGood(findings, calls);
    findings.figure('stores set aside', (await readdir(path)).filter((name) => name.includes('damaged')).length);
  },
};
