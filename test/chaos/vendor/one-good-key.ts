import type { Behaviour } from '../../simulator';
import { allGood, endsInTime } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

const LIMIT_MS = 20_000;
const DEAD: readonly Behaviour[] = [
  { kind: 'invalid' },
  { kind: 'exhausted' },
  { kind: 'alwaysRateLimited', retryAfterMs: 30_000 },
];
/** One key alone: where a second one refuses a call in the same words, the cause is not the key's, and the call ends. */
const REFUSED: Behaviour = { kind: 'permissionDenied' };

export const oneGoodKey: Scenario = {
  promised:
    'a call succeeds as long as one good key is left, whatever the others die of in the middle of the load; a dead key is asked once or twice, not for ever',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const keys = openai.newKeys(41);
    const app = await stage.app(keys);
    const good = keys[17]!;
    // A key that only cools down costs a retry.
    const calls = app.calls({ timeoutMs: LIMIT_MS, maxRetries: 20 });
    const load = calls.flow(stage.scaled(2_000), 60);
    for (const [n, key] of keys.entries()) {
      if (key === good) continue;
      const behaviour = n === 0 ? REFUSED : DEAD[n % DEAD.length]!;
      openai.key(key, behaviour);
      findings.inject(`key that turns ${behaviour.kind}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await load;
    openai.calls.reset();
    await calls.make(50, 10);
    allGood(findings, calls);
    endsInTime(findings, calls, LIMIT_MS);
    findings.atMost('requests for the last 50 calls', openai.calls.total, 75);
    // A limit that names its model, and a refusal of an endpoint, leave the key healthy for others.
    const left = app.pool
      .list('openai')
      .filter(({ status, cooldowns }) => status === 'healthy' && cooldowns.length === 0);
    findings.equal('keys left', left.length, 1);
  },
};
