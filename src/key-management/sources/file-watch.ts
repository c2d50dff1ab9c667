import { watch } from 'node:fs';

/** Files may lie where nobody tells of changes (network drives, some mounts into containers): they are read this often, too. Milliseconds. */
export const POLL_MS = 2_000;
/** A file of keys is small; a larger one is another file. Bytes. */
export const LARGEST_FILE = 1024 * 1024;

/**
 * Calls back when something in the folder changes; returns what ends that. Where a folder cannot be watched, or no longer, it is only polled.
 * @param isOf Whether the entry of this name matters; undefined where the system does not say which it was.
 */
export function watchFolder(
  folder: string,
  isOf: (name: string | undefined) => boolean,
  changed: () => void,
): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      if (isOf(name ?? undefined)) changed();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}

/** Why a file cannot be read, without its content. */
export function unreadable(what: string, error: unknown): Error {
  const { code } = error as { code?: unknown };
  return new Error(`${what} cannot be read${typeof code === 'string' ? ` (${code})` : ''}`);
}
