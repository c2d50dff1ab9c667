// Runs in an app of the Nest CLI, by its Jest or its vitest. Apps in CommonJS import without the ending.
import { Test, type TestingModule } from '@nestjs/testing';
import { KeyPoolService } from 'nestjs-ai-key-management';
import { KeyManagementTestingModule, VendorScript } from 'nestjs-ai-key-management/testing';
import { ChatController } from './chat.controller.js';

describe('ChatController', () => {
  let app: TestingModule;

  beforeEach(async () => {
    app = await Test.createTestingModule({
      imports: [KeyManagementTestingModule.forRoot({ providers: { openai: { keys: ['first', 'second'] } } })],
      controllers: [ChatController],
    }).compile();
    await app.init();
  });
  afterEach(() => app.close());

  it('goes on with another key', async () => {
    const openai = app.get(VendorScript).for('openai');
    openai.next('invalid_key', { json: { answer: 'hello' } });
    expect(await app.get(ChatController).ask()).toEqual({ answer: 'hello' });
    expect(openai.calls.map(({ keyId }) => keyId)).toEqual(['first', 'second']);
    expect(app.get(KeyPoolService).get('openai', 'first')?.status).toBe('invalid_key');
  });
});
