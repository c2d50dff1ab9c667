import assert from 'node:assert/strict';
import type { Type } from '@nestjs/common';
import { KeyManagementModule } from '../../../src/key-management';
import { as, type Players } from '../sample';

export const httpApi: Players = {
  AllMetrics: async (exported, stage) => {
    const AllMetrics = as<Type<{ orders: { inc(): void }; text(): Promise<string> }>>(exported, 'AllMetrics');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }), AllMetrics);
    app.get(AllMetrics).orders.inc();
    const text = await app.get(AllMetrics).text();
    assert.match(text, /^orders_total 1$/m);
    assert.match(text, /^ai_keys_pool_keys\{.*provider="openai"/m);
  },
};
