import { KeyManagerService } from '../../../src/key-management';
import type { Behaviour } from '../../simulator';
import { endsInTime } from '../harness/promises';
import type { Scenario } from '../harness/scenario';
import { pause, until } from '../harness/until';
import { MemoryWatch } from '../harness/watch';

const LIMIT_MS = 4_000;
const FAULTS: readonly Behaviour[] = [
  { kind: 'hang' },
  { kind: 'reset' },
  { kind: 'html' },
  { kind: 'cutOff', after: 1, how: 'reset' },
  { kind: 'cutOff', after: 'headers' },
  { kind: 'stall', after: 'before_content' },
  { kind: 'streamError', event: 'overloaded' },
  { kind: 'malformed', as: 'truncated' },
  { kind: 'overloaded' },
  { kind: 'raw', bytes: 'garbage\r\n\r\n', then: 'reset' },
  { kind: 'flood', status: 500, chunk: 'x'.repeat(65_536) },
  { kind: 'slow', latencyMs: 600 },
];

export const everythingAtOnce: Scenario = {
  promised:
    'with every fault at a time, forced health checks and changing weather: every call ends in time, all keys are there afterwards, memory is bounded, and good weather is good at once',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(10));
    const memory = new MemoryWatch();
    const calls = app.calls({ timeoutMs: LIMIT_MS, attemptTimeoutMs: 800, callerLimitMs: LIMIT_MS, maxRetries: 3 });
    const endsAt = performance.now() + stage.scaled(4_000, 60_000);
    const load = calls.flow(endsAt - performance.now(), 60);
    for (let n = 0; performance.now() < endsAt; n += 1) {
      const behaviours = FAULTS.map((failure, i): Behaviour => ({
        kind: 'flaky',
        failureRate: 0.02 + ((n + i) % 5) * 0.02,
        seed: n * 31 + i,
        failure,
      }));
      openai.everywhere(...behaviours);
      if (n % 4 === 3) openai.outage({ status: 503 });
      const checked =
        n % 3 === 0
          ? app.app
              .get(KeyManagerService)
              .forceHealthCheck('openai')
              .catch(() => undefined)
          : undefined;
      await pause(500);
      openai.outage(undefined);
      void checked;
    }
    openai.everywhere();
    await load;
    for (const [outcome, count] of Object.entries(openai.calls.totals.byOutcome))
      if (outcome !== 'ok') findings.inject(outcome, count);
    findings.figure('calls answered', `${calls.good} of ${calls.ended.length}`);
    endsInTime(findings, calls, LIMIT_MS);
    const after = app.calls({ timeoutMs: LIMIT_MS, maxWaitMs: 6_000 });
    await until(async () => (await after.one(), after.ended.at(-1)!.failure === undefined), 60_000);
    const good = app.calls({ timeoutMs: LIMIT_MS });
    await good.make(100, 10);
    findings.equal('failures in good weather', good.failureCounts, {});
    findings.atMost('memory grew by, MB', memory.stop(), 250);
    const gone = app.pool.list('openai').filter(({ status }) => status !== 'healthy');
    findings.promise(
      gone.length === 0,
      `out of the pool: ${gone.map(({ status, reason }) => `${status} ${reason}`).join('; ')}`,
    );
  },
};
