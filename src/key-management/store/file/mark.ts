import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassicLevel } from 'classic-level';

/** No document is named like this. */
export const MARK_KEY = '\0mark';
/** Beside LevelDB's own files, which it leaves alone. */
const FILE = 'MARK';

/**
 * Writes a mark into the database and beside it, anew with each opening. LevelDB does not notice when its log is gone, and with it the
 * latest writes: then the mark is gone, too.
 * @returns false if what was marked last is not in the database
 */
export async function checkMark(database: ClassicLevel, folder: string): Promise<boolean> {
  const file = join(folder, FILE);
  const beside = (await readFile(file, 'utf8').catch(() => '')).trim();
  const within = ((await database.get(MARK_KEY)) ?? '').split(' ');
  const next = randomUUID();
  // The one of before stays with it: the process may end between the two writes.
  await database.put(MARK_KEY, beside === '' ? next : `${next} ${beside}`, { sync: true });
  await writeFile(`${file}.new`, next, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return beside === '' || within.includes(beside);
}
