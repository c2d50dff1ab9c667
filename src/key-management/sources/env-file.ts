import { basename, dirname } from 'node:path';
import { parseEnv } from 'node:util';
import { keyVariables } from '../configuration/environment';
import { givenKeysIn } from '../configuration/key-list';
import type { KeySource } from '../configuration/key-source';
import { POLL_MS, watchFolder } from './file-watch';
import { textOfFile } from './text-file';

export interface EnvFileOptions {
  /** The variable that holds the keys. Default: that of the provider, as in the environment (`OPENAI_API_KEYS`, then `OPENAI_API_KEY`). */
  variable?: string;
  /** As in {@link KeySource.name}. Default `env_file`. */
  name?: string;
  /** Milliseconds between two reads, beside watching it. Default 2,000. */
  refreshMs?: number;
}

/**
 * The keys in a file of environment variables (`.env`): the variable is written as in the environment, with one key, several, or a list in JSON.
 * The file is watched, also where it is replaced by another of its name.
 */
export function keysFromEnvFile(path: string, options: EnvFileOptions = {}): KeySource {
  const { variable, name = 'env_file', refreshMs = POLL_MS } = options;
  return {
    name,
    refreshMs,
    async read({ provider }) {
      const variables = parseEnv(await textOfFile(path)) as Partial<Record<string, string>>;
      const names = variable === undefined ? keyVariables(provider) : [variable];
      const set = names.find((each) => variables[each]?.trim());
      if (set === undefined) throw new Error(`the file sets none of ${names.join(', ')}`);
      return givenKeysIn(variables[set]!);
    },
    watch: (changed) => watchFile(path, changed),
  };
}

export interface FileOptions {
  /** As in {@link KeySource.name}. Default `file`. */
  name?: string;
  /** Milliseconds between two reads, beside watching it. Default 2,000. */
  refreshMs?: number;
}

/** The keys in one file (a Docker secret): one key, several on lines or between commas, or a list in JSON. The file is watched. */
export function keysFromFile(path: string, { name = 'file', refreshMs = POLL_MS }: FileOptions = {}): KeySource {
  return {
    name,
    refreshMs,
    read: async () => givenKeysIn(await textOfFile(path)),
    watch: (changed) => watchFile(path, changed),
  };
}

/** The folder is watched, for a file that is replaced is another one. In Kubernetes what changes beside it is `..data`, a link to the new folder. */
function watchFile(path: string, changed: () => void): () => void {
  const file = basename(path);
  return watchFolder(dirname(path), (name) => name === undefined || name === file || name.startsWith('..'), changed);
}
