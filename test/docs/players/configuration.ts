import assert from 'node:assert/strict';
import type { DynamicModule, Type } from '@nestjs/common';
import { KeyPoolService, RESOLVED_OPTIONS, type ResolvedOptions } from '../../../src/key-management';
import { as, type Players } from '../sample';

export const configuration: Players = {
  ConfiguredModule: async (exported, stage) => {
    const app = await stage.start(as<Type>(exported, 'ConfiguredModule'));
    assert.equal(app.get<ResolvedOptions>(RESOLVED_OPTIONS).maxRetries, 5);
    assert.equal(app.get(KeyPoolService).list('openai').length, 2);
  },

  configured: async (exported, stage) => {
    const app = await stage.start(as<DynamicModule>(exported, 'configured'));
    const keys = app.get(KeyPoolService).list();
    assert.deepEqual(keys.map(({ provider }) => provider).filter((name) => name === 'groq').length, 1);
    const google = keys.filter(({ provider, quotaGroup }) => provider === 'google' && quotaGroup === 'project-a');
    assert.equal(google.length, 2);
    assert(keys.every(({ provider, status }) => provider === 'anthropic' || status === 'healthy'));
  },
};
