import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { givenKeysIn } from '../configuration/key-list';
import { secretIdFlaw } from '../configuration/key-ids';
import type { KeySource } from '../configuration/key-source';
import { KEY_ID } from '../pool/key/api-key';
import type { KeyInput } from '../pool/key/key-input';
import { POLL_MS, unreadable, watchFolder } from './file-watch';
import { keysFromFile } from './env-file';
import { textOfFile } from './text-file';

export interface DirectoryOptions {
  /** As in {@link KeySource.name}. Default `directory`. */
  name?: string;
  /** Milliseconds between two reads, beside watching it. Default 2,000. */
  refreshMs?: number;
}

const MOST_FILES = 1_000;
/** Kubernetes swaps the whole folder at once: who reads at that moment reads again. */
const MOST_TRIES = 3;
/** The link to the present folder of a mounted secret of Kubernetes. */
const CURRENT = '..data';

/**
 * The keys in a directory, as Kubernetes and Docker mount secrets: each file holds one key, or several. The file's name is the id of a single key, so
 * that a new text in the file is a new token of the same key; what begins with a dot, and folders, are passed over. The directory is watched.
 */
export function keysFromDirectory(path: string, options: DirectoryOptions = {}): KeySource {
  const { name = 'directory', refreshMs = POLL_MS } = options;
  return {
    name,
    refreshMs,
    read: () => readSwapped(path),
    watch: (changed) => watchFolder(path, () => true, changed),
  };
}

/** A file or a directory, whichever the path is when it is read. */
export function keysFromPath(path: string): KeySource {
  const [file, directory] = [keysFromFile(path), keysFromDirectory(path, { name: 'file' })];
  return {
    name: 'file',
    refreshMs: POLL_MS,
    async read(request) {
      const isDirectory = await stat(path).then(
        (found) => found.isDirectory(),
        (error: unknown) => {
          throw unreadable('the path', error);
        },
      );
      return (isDirectory ? directory : file).read(request);
    },
    watch(changed) {
      const ends = [file, directory].map((each) => each.watch!(changed));
      return () => ends.forEach((end) => end());
    },
  };
}

/** All files of one moment. */
async function readSwapped(path: string): Promise<(string | KeyInput)[]> {
  for (let tries = 1; ; tries += 1) {
    const current = await currentFolder(path);
    try {
      const keys = await keysIn(current);
      if ((await currentFolder(path)) === current) return keys;
    } catch (error) {
      if ((await currentFolder(path)) === current || tries === MOST_TRIES) throw error;
      continue;
    }
    if (tries === MOST_TRIES) throw new Error('the directory changes whenever it is read');
  }
}

/** Where the files really lie. */
const currentFolder = (path: string): Promise<string> =>
  realpath(join(path, CURRENT)).catch(() =>
    realpath(path).catch((error: unknown) => {
      throw unreadable('the directory', error);
    }),
  );

async function keysIn(folder: string): Promise<(string | KeyInput)[]> {
  const entries = await readdir(folder);
  const names = entries.filter((name) => !name.startsWith('.')).sort();
  if (names.length > MOST_FILES) throw new Error(`the directory holds more than ${MOST_FILES} files`);
  const keys: (string | KeyInput)[] = [];
  for (const name of names) {
    const file = join(folder, name);
    if ((await stat(file)).isDirectory()) continue;
    keys.push(...named(name, givenKeysIn(await textOfFile(file))));
  }
  return keys;
}

function named(file: string, keys: (string | KeyInput)[]): (string | KeyInput)[] {
  const [only] = keys;
  const id = file.toLowerCase();
  if (keys.length !== 1 || only === undefined || !KEY_ID.test(id)) return keys;
  const key = typeof only === 'string' ? { key: only } : only;
  return [key.id === undefined && secretIdFlaw({ ...key, id }) === undefined ? { ...key, id } : key];
}
