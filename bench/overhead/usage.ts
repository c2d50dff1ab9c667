import { RetryExecutorService } from '../../src/key-management';
import { fill, startApp } from '../lib/pool-app';
import { inLoops, interleaved, type Case } from '../lib/rounds';
import { spread, type Spread } from '../lib/statistics';

const ROUNDS = 31;
const PROVIDER = 'openai';
const WITHOUT = 'an answer that states nothing';

/** Made anew for each call, as an SDK does it; all of one shape in each case. */
const stating = () => ({
  id: 'chatcmpl-1',
  model: 'gpt-5',
  choices: [],
  usage: {
    prompt_tokens: 1200,
    completion_tokens: 50,
    total_tokens: 1250,
    prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
});
/** What it takes to make the usage itself is the SDK's. */
const alike = () => ({
  id: 'chatcmpl-1',
  model: 'gpt-5',
  choices: [],
  said: {
    prompt_tokens: 1200,
    completion_tokens: 50,
    total_tokens: 1250,
    prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
});

export interface CostOfUsage {
  readonly name: string;
  /** Nanoseconds that it adds to a call, in the same round. */
  readonly added: Spread;
  /** As a multiple of the call without, in the same round. */
  readonly ratio: Spread;
}

/** What it adds to a managed call that its answer states what it used: reading, pricing, counting. */
export async function costOfUsage(): Promise<CostOfUsage[]> {
  const prices = { openai: { inputUsdPerMillion: 1.25, cachedInputUsdPerMillion: 0.125, outputUsdPerMillion: 10 } };
  const app = await startApp({ providers: { [PROVIDER]: { baseUrl: 'http://127.0.0.1:9' } }, prices });
  fill(app, PROVIDER, 100);
  const executor = app.get(RetryExecutorService);
  const caseOf = (name: string, answer: () => object, model?: string): Case => {
    const options = model === undefined ? undefined : { model };
    return { name, ...inLoops(() => executor.execute(PROVIDER, () => Promise.resolve(answer()), options), 1) };
  };
  const cases = [
    caseOf(WITHOUT, alike),
    caseOf('an answer that states its usage', stating),
    caseOf('the same, of a model that the call names', stating, 'gpt-5'),
    caseOf('an answer that states nothing, of a model that the call names', alike, 'gpt-5'),
  ];
  const found = await interleaved(cases, ROUNDS);
  await app.close();
  const without = found.get(WITHOUT)!;
  return cases.map(({ name }) => {
    const times = found.get(name)!;
    return {
      name,
      added: spread(times.map((each, round) => each - without[round]!)),
      ratio: spread(times.map((each, round) => each / without[round]!)),
    };
  });
}
