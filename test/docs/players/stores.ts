import assert from 'node:assert/strict';
import type { DynamicModule } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Test } from '@nestjs/testing';
import {
  KeyManagementModule,
  RESOLVED_OPTIONS,
  type KeyStoreOptions,
  type ResolvedOptions,
} from '../../../src/key-management';
import { as, type Players } from '../sample';
import { SILENT } from '../stage';

/** Refuses what the module would refuse at its start, and connects to nothing. */
async function accepts(store: KeyStoreOptions): Promise<void> {
  const keyManagement = KeyManagementModule.forRoot({ store, admin: false });
  const app = await Test.createTestingModule({ imports: [keyManagement] })
    .setLogger(SILENT)
    .compile();
  assert.equal(app.get<ResolvedOptions>(RESOLVED_OPTIONS).store.kind, 'redis');
}

export const stores: Players = {
  sentinel: async (exported) => {
    await accepts(as<KeyStoreOptions>(exported, 'sentinel'));
    await accepts(as<(ca: Buffer) => KeyStoreOptions>(exported, 'withOwnCa')(Buffer.from('ca')));
    const client = new Redis({ lazyConnect: true });
    await accepts(as<(client: Redis) => KeyStoreOptions>(exported, 'withClient')(client));
    client.disconnect();
  },

  // Connects to nothing, as above.
  keyManagement: async (exported) => {
    const { keyManagement } = exported as { keyManagement: DynamicModule };
    const app = await Test.createTestingModule({ imports: [keyManagement] })
      .setLogger(SILENT)
      .compile();
    const { kind, own } = app.get<ResolvedOptions>(RESOLVED_OPTIONS).store;
    assert.deepEqual([kind, own?.kind, own?.shared], ['postgres', 'postgres', true]);
  },
};
