import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdOf } from '../../src/key-management/pool/key/api-key';
import { fakeKey, VendorSimulator } from '../simulator';
import { AppInstance } from './app-instance';

const KEYS = Array.from({ length: 250 }, (_, n) => fakeKey('openai', n));
const IDS = KEYS.map(keyIdOf);
/** Disabled and enabled in turn: 1,000 status changes. */
const TURNS = ['disable', 'enable', 'disable', 'enable'] as const;

describe('an app on the file store that is killed in the middle of 1,000 status changes', () => {
  let simulator: VendorSimulator;
  let folder: string;
  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    for (const key of KEYS) simulator.openai.key(key);
    folder = await mkdtemp(join(tmpdir(), 'akm-module-kill-'));
  });
  afterAll(async () => {
    await simulator.close();
    await rm(folder, { recursive: true });
  });

  it.each([300, 800])(
    'has every acknowledged one after the restart: killed after %i',
    async (killAfter) => {
      const options = {
        providers: { openai: { keys: KEYS, baseUrl: simulator.openai.baseUrl } },
        startupCheckTimeoutMs: 100,
        store: { kind: 'file' as const, path: join(folder, `${killAfter}`) },
      };
      const instance = await AppInstance.start(options);
      const killed = new Promise<void>((resolve, reject) => {
        instance.onDurable = () => {
          if (instance.durable.length === killAfter) instance.kill9().then(resolve, reject);
        };
      });
      void (async () => {
        for (const what of TURNS) await instance.ask({ do: 'change', what, keyIds: IDS });
      })().catch(() => undefined);
      await killed;
      const count = instance.durable.length;
      expect(count).toBeLessThan(TURNS.length * IDS.length);

      const again = await AppInstance.start(options);
      const disabled = new Set((await again.keys()).filter(({ status }) => status === 'disabled').map(({ id }) => id));
      await again.end();
      // Of the one that was under way, either is right.
      const settled = IDS.filter((_, n) => n !== count % IDS.length);
      const wrong = settled.filter((id) => {
        const turns = Math.floor(count / IDS.length) + (IDS.indexOf(id) < count % IDS.length ? 1 : 0);
        return disabled.has(id) !== (turns % 2 === 1);
      });
      expect(wrong).toEqual([]);
      expect(again.logs.filter(({ level }) => level === 'error')).toEqual([]);
    },
    120_000,
  );
});
