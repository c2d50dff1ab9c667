import { setFlagsFromString } from 'node:v8';
import { KeyPoolService, RetryExecutorService, type ExecuteOptions } from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';
import { keyText } from '../support/key-text';
import { bytesPerCall } from './heap-growth';

// Every look at a property of such an object is a search: a getter in a literal makes one, or a `delete`.
setFlagsFromString('--allow-natives-syntax');
// eslint-disable-next-line @typescript-eslint/no-implied-eval -- syntax of V8's own, which no compiler knows
const isFast = new Function('object', 'return %HasFastProperties(object)') as (object: object) => boolean;

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
  const [plain, deadline] = [await measure(), await measure({ timeoutMs: 30_000 })];
  const provider = executor.providerContext('openai')!;
  const [record] = [...pool.records()];
  const onTheWay = {
    settings: executor.settings,
    provider,
    ...provider,
    record: record!,
    slot: record!.candidates[0]!,
  };
  const dictionaries = Object.entries(onTheWay).flatMap(([name, object]) => (isFast(object) ? [] : [name]));
  process.stdout.write(`${JSON.stringify({ plain, deadline, dictionaries })}\n`);
  await app.close();
}

void main();
