import assert from 'node:assert/strict';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { as, type Players } from '../sample';

@Module({})
class EmptyModule {}

export const troubleshooting: Players = {
  createTalkative: async (exported, stage) => {
    const app = await as<(module: Type) => Promise<INestApplication>>(exported, 'createTalkative')(EmptyModule);
    app.useLogger(false);
    assert.match(await stage.listen(app), /^http:/);
  },
};
