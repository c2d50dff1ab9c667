import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPoolService } from '../../src/key-management/pool/key-pool.service';
import { SecretText } from '../../src/key-management/common/secret-text';
import type { KeyStore } from '../../src/key-management/store/port/key-store';
import { KeyPersistence } from '../../src/key-management/store/keys/key-persistence';
import { KeyVault } from '../../src/key-management/store/keys/key-vault';
import { StoreLink } from '../../src/key-management/store/sync/store-link';
import { seededRandom, type FakeClock } from './fake-clock';

export const RAW = 'sk-proj-0123456789abcdefghij';

/** One instance of the app, as far as its store is concerned: pools, persistence, and the link to the store. */
export async function instance(
  cluster: { member(): KeyStore },
  clock: FakeClock,
  name: string,
  secrets: string[] = [],
  reserved: string[] = [],
) {
  const pools = new KeyPoolService(clock, seededRandom(1));
  const warnings: string[] = [];
  const listener = { warn: (message: string) => void warnings.push(message), info: () => undefined };
  const link = new StoreLink(cluster.member(), name, clock, listener);
  const vault = new KeyVault(secrets.map((secret) => new SecretText(secret)));
  const keys = new KeyPersistence(pools, link, vault, { freshMs: () => 3_600_000, now: () => clock.now(), listener });
  link.own(keys);
  keys.reserve(reserved.map((keyId) => ({ provider: 'openai', keyId })));
  pools.useJournal({ saved: (provider, id) => link.saved(`keys/${provider}/${id}`) });
  const pool = pools.ensurePool('openai');
  const start = () => link.open().catch(() => undefined);
  await start();
  const add = (raw = RAW, origin: 'configuration' | 'runtime' = 'configuration') => {
    const record = pool.add(new ApiKey(raw), {}, origin, 'configuration');
    if (record.state.status === 'unchecked') pool.leaseForProbe(record).settle('ok');
    return record;
  };
  return { pools, pool, link, keys, add, warnings, start };
}
