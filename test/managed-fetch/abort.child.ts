import { ManagedFetchService, RetryExecutorService } from '../../src/key-management';
import { startKeyManagement } from '../support/key-management-app';

const [key, baseUrl] = process.argv.slice(2) as [string, string];

/** Meets errors whose bodies do not end, and whose callers lose patience later. Any rejection that nobody catches ends the process. */
async function main(): Promise<void> {
  const app = await startKeyManagement({ providers: { openai: { keys: [key], baseUrl } }, healthCheckDepth: 'light' });
  const statuses: unknown[] = [];
  for (let n = 0; n < 3; n += 1) {
    const patience = new AbortController();
    const options = { maxRetries: 0, signal: patience.signal };
    const response = await app.get(ManagedFetchService).for('openai', options)(`${baseUrl}/v1/chat/completions`, {
      method: 'POST',
    });
    const result = await app
      .get(RetryExecutorService)
      .execute(
        'openai',
        ({ fetch, apiKey }) =>
          fetch(`${baseUrl}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } }),
        options,
      );
    statuses.push(response.status, result.success);
    patience.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(JSON.stringify(statuses));
  await app.close();
}

void main();
