import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeySource } from '../configuration/key-source';
import { keysFromDirectory, keysFromPath } from './directory';
import { keysFromEnvFile, keysFromFile } from './env-file';

describe('keys from files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sources-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const read = (source: KeySource, provider = 'openai') =>
    source.read({ provider, signal: new AbortController().signal });
  /** The system tells of a change when it likes. */
  const told = (source: KeySource, change: () => Promise<unknown>) =>
    new Promise<void>((resolve, reject) => {
      const end = source.watch!(() => {
        end();
        resolve();
      });
      change().catch(reject);
    });

  it('reads the variables of the provider, or the one that is named, of an environment file', async () => {
    await write(
      '.env',
      '# keys\nOPENAI_API_KEY="one"\nexport GROQ_API_KEYS=\'two, three\'\nMINE=[{"key":"four","id":"x"}]\n',
    );
    const path = join(folder, '.env');
    expect(await read(keysFromEnvFile(path))).toEqual(['one']);
    expect(await read(keysFromEnvFile(path), 'groq')).toEqual(['two', 'three']);
    expect(await read(keysFromEnvFile(path, { variable: 'MINE' }))).toEqual([{ key: 'four', id: 'x' }]);
    await expect(read(keysFromEnvFile(path), 'google')).rejects.toThrow('the file sets none of GOOGLE_API_KEYS,');
  });

  it('reads one file, however its keys are written', async () => {
    await write('secret', 'one\ntwo\n');
    expect(await read(keysFromFile(join(folder, 'secret')))).toEqual(['one', 'two']);
    await write('secret', '["one", { "key": "two", "tier": 1 }]');
    expect(await read(keysFromFile(join(folder, 'secret')))).toEqual(['one', { key: 'two', tier: 1 }]);
  });

  it('reads a directory: the file’s name is the id of its only key', async () => {
    await write('Team-A', 'one\n');
    await write('more', 'two\nthree\n');
    await write('no id!', 'four');
    await write('named', '[{ "key": "five", "id": "own" }]');
    await write('empty', '\n');
    await write('.hidden', 'six');
    await mkdir(join(folder, 'inner'));
    expect(await read(keysFromDirectory(folder))).toEqual([
      { key: 'one', id: 'team-a' },
      'two',
      'three',
      { key: 'five', id: 'own' },
      'four',
    ]);
    expect(await read(keysFromPath(folder))).toHaveLength(5);
    expect(await read(keysFromPath(join(folder, 'more')))).toEqual(['two', 'three']);
  });

  it('reads a mounted secret of Kubernetes, and is told when it is swapped', async () => {
    const version = async (name: string, key: string) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'a'), key);
      await symlink(name, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await version('..2026_1', 'one');
    await symlink(join('..data', 'a'), join(folder, 'a'));
    const [directory, file] = [keysFromDirectory(folder), keysFromFile(join(folder, 'a'))];
    expect(await read(directory)).toEqual([{ key: 'one', id: 'a' }]);
    const both = Promise.all([directory, file].map((source) => told(source, () => Promise.resolve())));
    await version('..2026_2', 'two');
    await both;
    expect(await read(directory)).toEqual([{ key: 'two', id: 'a' }]);
    expect(await read(file)).toEqual(['two']);
  });

  it('is told of a file that is written, or replaced by another of its name', async () => {
    await write('.env', 'OPENAI_API_KEYS=one');
    const source = keysFromEnvFile(join(folder, '.env'));
    await told(source, () => write('.env', 'OPENAI_API_KEYS=two'));
    await write('.env.new', 'OPENAI_API_KEYS=three');
    await told(source, () => rename(join(folder, '.env.new'), join(folder, '.env')));
    expect(await read(source)).toEqual(['three']);
  });

  it('names what cannot be read, and nothing of what is in it', async () => {
    const missing = join(folder, 'missing');
    await expect(read(keysFromFile(missing))).rejects.toThrow('the file cannot be read (ENOENT)');
    await expect(read(keysFromDirectory(missing))).rejects.toThrow('the directory cannot be read (ENOENT)');
    await expect(read(keysFromPath(missing))).rejects.toThrow('the path cannot be read (ENOENT)');
    await expect(read(keysFromFile(folder))).rejects.toThrow('the path is no file');
    await write('large', 'x'.repeat(1024 * 1024 + 1));
    await expect(read(keysFromFile(join(folder, 'large')))).rejects.toThrow('the file is larger than 1048576 bytes');
    await symlink(missing, join(folder, 'dangling'));
    await expect(read(keysFromDirectory(folder))).rejects.toThrow();
    // Only polled: there is nothing to watch.
    expect(() => keysFromDirectory(missing).watch!(() => undefined)()).not.toThrow();
  });
});
