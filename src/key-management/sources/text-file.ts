import { open } from 'node:fs/promises';
import { LARGEST_FILE, unreadable } from './file-watch';

/**
 * The text of a small file, whole: one that is being written is not taken.
 * @throws Error that names the problem, and nothing of the content
 */
export async function textOfFile(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable('the file', error);
  });
  try {
    const before = await file.stat();
    if (!before.isFile()) throw new Error('the path is no file');
    if (before.size > LARGEST_FILE) throw new Error(`the file is larger than ${LARGEST_FILE} bytes`);
    const text = await file.readFile('utf8');
    const after = await file.stat();
    if (after.mtimeMs !== before.mtimeMs || after.size !== before.size)
      throw new Error('the file was written while it was read');
    return text;
  } finally {
    await file.close();
  }
}
