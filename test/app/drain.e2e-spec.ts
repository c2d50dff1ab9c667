import { RetryExecutorService } from '../../src/key-management';
import { settle } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const KEY = 'sk-proj-for-the-drain-test-0000000001';

describe('calls in flight when the app ends', () => {
  it('are waited for', async () => {
    const app = await startKeyManagement({ providers: { openai: { keys: [KEY], baseUrl: 'http://127.0.0.1:1' } } });
    let finish: ((answer: string) => void) | undefined;
    const call = app
      .get(RetryExecutorService)
      .execute('openai', () => new Promise<string>((resolve) => (finish = resolve)));
    await settle();
    let closed = false;
    const closing = app.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    finish!('done');
    await closing;
    expect(await call).toMatchObject({ success: true, response: 'done' });
  });
});
