import { KeyPoolService, RetryExecutorService, type ExecuteOptions } from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/api-key';
import { HEALTHY } from '../../src/key-management/pool/key-state';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';
import { keyText } from '../support/key-text';
import { bytesPerCall } from './heap-growth';

// A process of its own: what other suites left in a worker of Jest would be counted too.
async function main(): Promise<void> {
  const app = await startKeyManagement({ providers: { openai: { keys: [] } } }, { clock: new FakeClock() });
  const pool = app.get(KeyPoolService).ensurePool('openai');
  for (let n = 0; n < 100; n += 1) {
    const record = pool.add(new ApiKey(keyText(n)), {}, 'configuration', 'configuration');
    pool.setState(record, HEALTHY, 'probe');
  }
  const executor = app.get(RetryExecutorService);
  const measure = async (options?: ExecuteOptions): Promise<number> => {
    const run = async (calls: number): Promise<void> => {
      for (let call = 0; call < calls; call += 1) {
        const result = await executor.execute('openai', ({ apiKey }) => Promise.resolve(apiKey.length), options);
        if (!result.success) throw result.error;
      }
    };
    await run(2_000);
    return bytesPerCall(run);
  };
  process.stdout.write(
    `${JSON.stringify({ plain: await measure(), deadline: await measure({ timeoutMs: 30_000 }) })}\n`,
  );
  await app.close();
}

void main();
