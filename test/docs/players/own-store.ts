import assert from 'node:assert/strict';
import {
  KeyManagementModule,
  KeyPoolService,
  RESOLVED_OPTIONS,
  type KeyStore,
  type ResolvedOptions,
} from '../../../src/key-management';
import type { ContractRunner } from '../../../src/key-management/testing';
import { as, type Players } from '../sample';

export const ownStore: Players = {
  OwnStore: async (exported, stage) => {
    const OwnStore = as<new () => KeyStore>(exported, 'OwnStore');
    const app = await stage.start(KeyManagementModule.forRoot({ store: new OwnStore(), admin: false }));
    assert.equal(app.get<ResolvedOptions>(RESOLVED_OPTIONS).store.kind, 'own');
    const [key] = app.get(KeyPoolService).list('openai');
    await app.get(KeyPoolService).disable('openai', key!.id);
    assert.equal(app.get(KeyPoolService).get('openai', key!.id)?.status, 'disabled');
  },

  contract: async (exported) => {
    const tests: { name: string; body: () => Promise<void> }[] = [];
    const groups: string[] = [];
    const runner: ContractRunner = {
      describe: (name, body) => {
        groups.push(name);
        body();
        groups.pop();
      },
      it: (name, body) => tests.push({ name: [...groups, name].join(' '), body }),
    };
    as<(runner: ContractRunner) => void>(exported, 'contract')(runner);
    assert(tests.length > 10);
    for (const { name, body } of tests) await body().catch((cause: unknown) => assert.fail(new Error(name, { cause })));
  },
};
