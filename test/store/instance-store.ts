import type { KeyManagementModuleOptions, KeyStoreOptions } from '../../src/key-management';
import { PostgresKeyStore } from '../../src/key-management/postgres';

/** A store as one process tells it another: for Postgres the options have objects only. */
export type InstanceStore = KeyStoreOptions | { kind: 'postgres'; url: string };

export const storeOf = (given: InstanceStore | undefined): KeyManagementModuleOptions['store'] =>
  given?.kind === 'postgres' ? new PostgresKeyStore({ url: given.url }) : given;
