import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestingModule } from '@nestjs/testing';
import { filter, firstValueFrom } from 'rxjs';
import { KeyManagerService, KeyPoolService, type KeyInput } from '../../src/key-management';
import { PersistenceService } from '../../src/key-management/store/persistence.service';
import { VendorSimulator } from '../simulator';
import { storeOf, type InstanceStore } from '../store/instance-store';
import { SHARED_STORES, type SharedStore } from '../store/shared-stores';
import { startKeyManagement } from '../support/key-management-app';

const ID = 'a.b_c-1';
const SECRET = 'the secret of this test 0123';

describe('keys with an id of their own', () => {
  let simulator: VendorSimulator;
  let apps: TestingModule[];
  let keys: [string, string, string];

  beforeEach(async () => {
    process.env.KEY_ENCRYPTION_SECRET = SECRET;
    simulator = await VendorSimulator.start();
    keys = simulator.openai.newKeys(3) as typeof keys;
    apps = [];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await simulator.close();
    delete process.env.KEY_ENCRYPTION_SECRET;
  });

  async function start(store: InstanceStore, given: (string | KeyInput)[]): Promise<KeyPoolService> {
    const providers = { openai: { keys: given, baseUrl: simulator.openai.baseUrl } };
    const app = await startKeyManagement({ providers, store: storeOf(store) });
    apps.push(app);
    return app.get(KeyPoolService);
  }
  const stop = async (): Promise<void> => void (await apps.pop()!.close());
  const add = (...given: KeyInput[]) => apps.at(-1)!.get(KeyManagerService).addNewKeys('openai', given);
  const only = (pools: KeyPoolService) => {
    const all = pools.list('openai');
    expect(all).toHaveLength(1);
    return all[0]!;
  };

  describe('on the file store', () => {
    let path: string;
    beforeEach(async () => {
      path = await mkdtemp(join(tmpdir(), 'akm-ids-'));
    });
    afterEach(() => rm(path, { recursive: true }));

    it('keep history, settings and id over restarts and a new token, and not the verdict on the old one', async () => {
      const store = { kind: 'file', path } as const;
      let pools = await start(store, [{ key: keys[0], id: ID }]);
      for (let n = 0; n < 5; n += 1) pools.lease('openai')!.settle('ok');
      await pools.update('openai', ID, { label: 'mine' });
      pools.lease('openai')!.settle('invalid_key');
      await stop();
      pools = await start(store, [{ key: keys[1], id: ID }]);
      expect(only(pools)).toMatchObject({ id: ID, status: 'healthy', label: 'mine', successCount: 5 });
      expect(pools.lease('openai')?.apiKey).toBe(keys[1]);
    });

    it('are there again with the latest token where they were added at run time', async () => {
      const store = { kind: 'file', path } as const;
      await start(store, []);
      await add({ key: keys[0], id: ID, label: 'mine' });
      await stop();
      let pools = await start(store, []);
      expect(only(pools)).toMatchObject({ id: ID, status: 'healthy', origin: 'administrator' });
      expect(await add({ key: keys[1], id: ID })).toMatchObject({ healthyKeysAdded: 1 });
      await stop();
      pools = await start(store, []);
      expect(only(pools)).toMatchObject({ id: ID, status: 'healthy', label: 'mine' });
      expect(pools.lease('openai')?.apiKey).toBe(keys[1]);
      await stop();
      // The configuration takes the id over.
      pools = await start(store, [{ key: keys[2], id: ID }]);
      expect(only(pools)).toMatchObject({ id: ID, status: 'healthy', origin: 'options' });
      expect(pools.lease('openai')?.apiKey).toBe(keys[2]);
      await stop();
      expect((await start(store, [])).list()).toEqual([]);
    });
  });

  for (const shared of SHARED_STORES)
    shared.describe(`on a shared store: ${shared.name}`, () => {
      let store: SharedStore;
      beforeEach(async () => {
        store = await shared.start();
      });
      afterEach(() => store.stop());

      it('reach another instance, with their new token too', async () => {
        const other = await start(store.options, []);
        const happens = (type: string, status?: string) =>
          firstValueFrom(
            other.events$.pipe(
              filter((each) => each.type === type && (status === undefined || ('to' in each && each.to === status))),
            ),
          );
        const added = happens('key_added');
        const pools = await start(store.options, []);
        await add({ key: keys[0], id: ID }, { key: keys[2], id: '__proto__' });
        await added;
        await apps.at(-1)!.get(PersistenceService).saved('openai', '__proto__');
        const replaced = happens('key_updated');
        const checked = happens('status_changed', 'healthy');
        await add({ key: keys[1], id: ID });
        await Promise.all([replaced, checked]);
        for (const each of [other, pools]) expect(each.pool('openai')!.record(ID)!.key.reveal()).toBe(keys[1]);
      });
    });
});
