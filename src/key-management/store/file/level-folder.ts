import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import type { Clock } from '../../common/clock';
import { StoreError } from '../port/store-error';

/** The database has a folder of its own within the given one, so that setting it aside moves nothing else. */
const FOLDER = 'key-store';
/** No document is named like this. */
export const MARK_KEY = '\0mark';
/** Beside LevelDB's own files, which it leaves alone. */
const MARK_FILE = 'MARK';
const MEND = 'Give another folder by KEY_STORE_PATH';

interface LevelFolderOptions {
  path: string;
  clock: Pick<Clock, 'now'>;
  report: (message: string) => void;
}

/** Opens the database, and begins a new one in place of a damaged one. */
export class LevelFolder {
  readonly path: string;
  readonly #folder: string;

  constructor(private readonly options: LevelFolderOptions) {
    this.path = resolve(options.path);
    this.#folder = join(this.path, FOLDER);
  }

  /** @throws StoreError `locked` or `not_usable` */
  async open(): Promise<ClassicLevel> {
    await this.#makeFolders();
    // Without its CURRENT file LevelDB begins anew and deletes what it finds.
    if (await this.#isHeadless()) await this.setAside('the file CURRENT, or the one it names, is missing');
    try {
      return await this.#openDatabase();
    } catch (error) {
      if (!isDamage(error)) throw this.#explain(error);
      await this.setAside(messageOf(error));
    }
    return this.#openDatabase().catch((error: unknown) => {
      throw this.#explain(error);
    });
  }

  /** Moves the database out of the way, once it is closed. Nothing of it is deleted. */
  async setAside(reason: string): Promise<void> {
    const stamp = new Date(this.options.clock.now()).toISOString().replaceAll(/[:.]/g, '-');
    let aside = `${this.#folder}.damaged-${stamp}`;
    for (let n = 2; existsSync(aside); n++) aside = `${this.#folder}.damaged-${stamp}-${n}`;
    await rename(this.#folder, aside).catch((error: unknown) => {
      throw this.#explain(error);
    });
    await this.#makeFolders();
    this.options.report(
      `The key store in ${this.#folder} is damaged (${reason}). It was set aside as ${aside}, and a new one begun. ` +
        `What the instances know is written again; ClassicLevel.repair may save more from the old one.`,
    );
  }

  async #openDatabase(): Promise<ClassicLevel> {
    const { ClassicLevel } = await import('classic-level');
    const database = new ClassicLevel(this.#folder);
    await database.open();
    try {
      if (!(await checkMark(database, this.#folder))) this.#reportLoss();
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  #reportLoss(): void {
    this.options.report(
      `The key store in ${this.#folder} is damaged: its latest writes are missing, as after files of it were removed, or an earlier copy was put in its place. ` +
        `What the instances know is written again; what only it knew, an administrator's changes among them, may be lost.`,
    );
  }

  async #makeFolders(): Promise<void> {
    await makeFolder(this.#folder).catch((error: unknown) => {
      throw this.#explain(error);
    });
    // One that was there before (a restored copy, a volume) may be open to others. Not ours to change: as it is.
    await chmod(this.#folder, 0o700).catch(() => undefined);
  }

  async #isHeadless(): Promise<boolean> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    if (!names.some((name) => name.endsWith('.ldb') || name.endsWith('.log'))) return false;
    const current = await readFile(join(this.#folder, 'CURRENT'), 'utf8').catch(() => '');
    return !names.includes(current.trimEnd());
  }

  #explain(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    if (codesOf(error).includes('LEVEL_LOCKED')) {
      return new StoreError(
        'locked',
        `The key store in ${this.path} is in use by another process; a file store has one. ` +
          `To run several instances, share a store (KEY_STORE=redis or KEY_STORE=firebase), or give each its own folder by KEY_STORE_PATH.`,
      );
    }
    // Jest runs code without the means to import an ES module, as the driver is.
    if (codesOf(error).some((code) => String(code).startsWith('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING'))) {
      return new StoreError(
        'not_loadable',
        'This test runner cannot load the file store, so keys are kept in memory. To say so: store: { kind: "memory" }, or KEY_STORE=memory.',
      );
    }
    return new StoreError(
      'not_usable',
      `The key store in ${this.path} cannot be opened: ${messageOf(error)}. ` +
        `${MEND}, make this one writable, or choose another store by KEY_STORE.`,
    );
  }
}

/** Whether what is stored is damaged, rather than out of reach. */
export function isDamage(error: unknown): boolean {
  const codes = codesOf(error);
  // So LevelDB says that a table is shorter than its index has it: it asked for what lies behind the end.
  const cutShort = codes.includes('LEVEL_IO_ERROR') && /\.(?:ldb|sst): Invalid argument$/.test(messageOf(error));
  return cutShort || codes.includes('LEVEL_CORRUPTION');
}

/** The text of the innermost error: the outer ones of classic-level only say "not open". */
export function messageOf(error: unknown): string {
  const { cause, message } = (error ?? {}) as { cause?: unknown; message?: unknown };
  return cause === undefined ? String(message ?? error) : messageOf(cause);
}

function codesOf(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const { cause, code } = error as { cause?: unknown; code?: unknown };
  return [code, ...codesOf(cause)];
}

/** As `mkdir` with `recursive`, which never ends where a parent cannot be made (as in /proc). */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) {
    // Throws where it is no folder, or cannot be read.
    await readdir(path);
    return;
  }
  if (!existsSync(dirname(path))) await makeFolder(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

/**
 * Writes a new mark into the database and into a file beside it, with each opening. LevelDB does not notice when its log is gone, and with
 * it the latest writes: then the mark is gone, too.
 * @returns false if the database does not hold the mark that was written last
 */
async function checkMark(database: ClassicLevel, folder: string): Promise<boolean> {
  const file = join(folder, MARK_FILE);
  const beside = (await readFile(file, 'utf8').catch(() => '')).trim();
  const within = ((await database.get(MARK_KEY)) ?? '').split(' ');
  const next = randomUUID();
  // The one of before stays with it: the process may end between the two writes.
  await database.put(MARK_KEY, beside === '' ? next : `${next} ${beside}`, { sync: true });
  await writeFile(`${file}.new`, next, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return beside === '' || within.includes(beside);
}
