// A store in Postgres: `nestjs-ai-key-management/postgres`. Needs the package `pg`.
import './node-version';
export { PostgresKeyStore } from './store/postgres/postgres-key-store';
export type {
  PostgresKeyStoreOptions,
  PostgresPool,
  PostgresSource,
  PostgresStoreSettings,
} from './store/postgres/options';
