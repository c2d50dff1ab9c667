// Uses every export of `/postgres`, as surface.ts does for the main entry. The pool needs no types of `pg`.
import * as postgres from 'nestjs-ai-key-management/postgres';
import type { KeyStore } from 'nestjs-ai-key-management';
import type {
  PostgresKeyStoreOptions,
  PostgresPool,
  PostgresSource,
  PostgresStoreSettings,
} from 'nestjs-ai-key-management/postgres';

const settings: PostgresStoreSettings = { namespace: 'shop', timeoutMs: 2_000 };
const pool: PostgresPool = { options: { host: 'localhost' } };
const sources: PostgresSource[] = [{ pool }, { url: 'postgres://localhost/keys', ssl: { rejectUnauthorized: true } }];
export const stores: KeyStore[] = sources.map((source) => {
  const options: PostgresKeyStoreOptions = { ...settings, ...source };
  return new postgres.PostgresKeyStore(options);
});
