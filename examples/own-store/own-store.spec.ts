import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { keyIdOf, KeyManagementModule, KeyPoolService } from '../../src/key-management';
import { keyStoreContract } from '../../src/key-management/testing';
import { fakeKey } from '../../test/simulator';
import { JsonFileStore } from './json-file-store';

const KEY = fakeKey('openai', 1);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'akm-own-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('JsonFileStore', () => {
  const create = () => {
    const file = join(folder, 'data', 'keys.json');
    const again = () => new JsonFileStore(file);
    return Promise.resolve({ store: again(), again, cleanup: () => Promise.resolve() });
  };
  keyStoreContract({ describe, it }, { create }, { shared: false, survivesRestart: true });

  it('keeps nothing of a batch that it could not write, and takes the next', async () => {
    const store = new JsonFileStore(join(folder, 'keys.json'));
    await store.open();
    await mkdir(join(folder, 'keys.json.new'));
    const changes = [{ kind: 'add', doc: 'd', field: 's', by: 1 } as const];
    await expect(store.write(changes)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await store.load('')).toEqual([]);
    await rm(join(folder, 'keys.json.new'), { recursive: true });
    await store.write(changes);
    expect(await store.load('')).toMatchObject([{ sums: { s: 1 } }]);
    await store.close();
  });

  it('refuses a file that is none of its own', async () => {
    await writeFile(join(folder, 'keys.json'), 'something else');
    await expect(new JsonFileStore(join(folder, 'keys.json')).open()).rejects.toMatchObject({
      code: 'not_usable',
    });
  });

  it('keeps what an administrator said over a restart of an app', async () => {
    const start = async () => {
      const store = new JsonFileStore(join(folder, 'keys.json'));
      const options = { store, providers: { openai: { keys: [KEY], baseUrl: 'http://127.0.0.1:9', allowHttp: true } } };
      const imports = [KeyManagementModule.forRoot({ ...options, admin: false, startupCheckTimeoutMs: 0 })];
      const app = await Test.createTestingModule({ imports }).compile();
      app.useLogger(false);
      return app.init();
    };
    let app = await start();
    await app.get(KeyPoolService).disable('openai', keyIdOf(KEY));
    await app.close();
    app = await start();
    expect(app.get(KeyPoolService).get('openai', keyIdOf(KEY))).toMatchObject({ status: 'disabled' });
    await app.close();
  });
});
