import type { Behaviour } from '../../simulator';
import { RetryExecutorService } from '../../../src/key-management';
import type { Scenario } from '../harness/scenario';
import { lateMs } from '../harness/promises';
import { pause, until } from '../harness/until';

const DRAIN_MS = 500;
const FIRE: readonly Behaviour[] = [
  { kind: 'hang' },
  { kind: 'stall', after: 1 },
  { kind: 'alwaysRateLimited', retryAfterMs: 1_500 },
  { kind: 'serverError' },
  {
    kind: 'flood',
    headers: { 'content-type': 'text/event-stream' },
    chunk: 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n',
    everyMs: 50,
  },
];

export const shutdownUnderFire: Scenario = {
  promised:
    'app.close() ends within drainTimeoutMs and a second, with hanging, streaming, backing off and waiting calls under way; those calls end, and nothing is left',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    for (const fire of FIRE.slice(0, stage.scaled(3, FIRE.length))) {
      const app = await stage.app(openai.newKeys(3), {
        drainTimeoutMs: DRAIN_MS,
        backoff: { initialMs: 3_000, maxMs: 6_000 },
      });
      openai.everywhere(fire);
      const calls = app.calls({ timeoutMs: 2_200, callerLimitMs: 2_500 });
      void calls.make(24, 24);
      await pause(300);
      findings.inject(`call under way: ${fire.kind}`, app.app.get(RetryExecutorService).inFlight);
      findings.atMost(`closed during ${fire.kind}, ms`, await app.close(), DRAIN_MS + lateMs());
      await until(() => calls.ended.length === 24, 60_000);
      findings.equal(`calls ended after ${fire.kind}`, calls.ended.length, 24);
      await until(() => app.app.get(RetryExecutorService).inFlight === 0, 30_000);
      findings.equal(`still in flight after ${fire.kind}`, app.app.get(RetryExecutorService).inFlight, 0);
      openai.everywhere();
    }
  },
};
