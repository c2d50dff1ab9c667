import type { Clock } from '../clock';
import type { ResolvedStore } from '../configuration/resolved-options';
import type { KeyStore } from './key-store';
import { FileKeyStore } from './file/file-key-store';
import { FirebaseKeyStore } from './firebase';
import { MemoryKeyStore } from './memory/memory-key-store';
import { RedisKeyStore } from './redis/redis-key-store';

/** The adapter that the settings name. Each loads its client only when it is opened. */
export function createStore(settings: ResolvedStore, clock: Clock, report: (message: string) => void): KeyStore {
  const url = settings.url?.reveal() ?? '';
  switch (settings.kind) {
    case 'memory':
      return new MemoryKeyStore({ clock });
    case 'file':
      return new FileKeyStore({ path: settings.path, clock, report });
    case 'redis':
      return new RedisKeyStore({ url });
    case 'firebase':
      return new FirebaseKeyStore({
        url,
        credentials: settings.credentials?.reveal(),
        emulatorHost: settings.emulatorHost,
      });
  }
}
