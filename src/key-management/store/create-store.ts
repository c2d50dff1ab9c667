import type { Clock } from '../common/clock';
import type { ResolvedStore } from '../configuration/resolved-options';
import type { KeyStoreKind } from '../configuration/key-management.options';
import type { KeyStore } from './port/key-store';
import { FileKeyStore } from './file/file-key-store';
import { FirebaseKeyStore } from './firebase/firebase-key-store';
import { MemoryKeyStore } from './memory/memory-key-store';
import { RedisKeyStore } from './redis/redis-key-store';
import type { RedisSource } from './redis/source';

/** The adapter that the settings name. Each loads its client only when it is opened. */
export function createStore(settings: ResolvedStore, clock: Clock, report: (message: string) => void): KeyStore {
  const { namespace, own } = settings;
  if (own) return own;
  const url = settings.url?.reveal() ?? '';
  switch (settings.kind as KeyStoreKind) {
    case 'memory':
      return new MemoryKeyStore({ clock });
    case 'file':
      return new FileKeyStore({ path: settings.path, namespace, clock, report });
    case 'redis':
      return new RedisKeyStore({ ...redisSource(settings), namespace, clock, report });
    case 'firebase':
      return new FirebaseKeyStore({
        url,
        namespace,
        clock,
        credentials: settings.credentials?.reveal(),
        emulatorHost: settings.emulatorHost,
      });
  }
}

function redisSource({ url, redis }: ResolvedStore): RedisSource {
  const { client, options } = redis?.reveal() ?? {};
  if (client) return { client };
  return url === undefined ? { options: options ?? {} } : { url: url.reveal(), options };
}
