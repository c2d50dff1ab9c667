import assert from 'node:assert/strict';
import type { Type } from '@nestjs/common';
import type OpenAI from 'openai';
import { KeyManagementModule } from '../../../src/key-management';
import { as, type Players } from '../sample';

export const readme: Players = {
  AppModule: async (exported, stage) => {
    const app = await stage.start(as<Type>(exported, 'AppModule'));
    const service = app.get(as<Type<{ ask(question: string): Promise<string> }>>(exported, 'ChatService'));
    assert.equal(typeof (await service.ask('Hi')), 'string');
    stage.simulator.openai.everywhere({ kind: 'serverError' });
    try {
      await assert.rejects(service.ask('Hi'), { code: 'ATTEMPTS_EXHAUSTED' });
    } finally {
      stage.simulator.openai.everywhere();
    }
  },

  Clients: async (exported, stage) => {
    const Clients = as<Type<{ openai: OpenAI }>>(exported, 'Clients');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }), Clients);
    const { openai } = app.get(Clients);
    const answer = await openai.chat.completions.create({
      model: 'gpt-5-nano',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    assert(answer.choices.length > 0);
    const used = stage.simulator.openai.calls.last?.credentials ?? [];
    assert(!JSON.stringify(used).includes('managed'));
  },
};
