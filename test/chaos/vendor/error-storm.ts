import { endsInTime, lateMs, noKeyBlamed } from '../harness/promises';
import type { Scenario } from '../harness/scenario';
import { pause, until } from '../harness/until';

const LIMIT_MS = 3_000;
const PER_SECOND = 100;

const STORMS = [503, 'reset', 500, 502, 529, 'html'] as const;

export const errorStorm: Scenario = {
  promised:
    'an outage is not answered by a storm: at most 1.2 requests a call (and 20 more); calls end in time; the vendor is found again within 6 s; no key is blamed',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(8));
    for (const status of STORMS.slice(0, stage.scaled(1, 6))) {
      const calls = app.calls({ timeoutMs: LIMIT_MS, maxWaitMs: 1_000 });
      await calls.make(40, 10);
      openai.calls.reset();
      const before = calls.ended.length;
      openai.outage({ status });
      await calls.flow(stage.scaled(2_500, 6_000), PER_SECOND);
      const made = calls.ended.length - before;
      findings.inject(`request answered by ${status}`, openai.calls.total);
      findings.atMost(
        `requests a hundred calls at ${status}`,
        (openai.calls.total / made) * 100,
        ((made * 1.2 + 20) / made) * 100,
      );
      endsInTime(findings, calls, LIMIT_MS);

      openai.outage(undefined);
      const foundMs = await until(async () => {
        const look = app.calls({ timeoutMs: LIMIT_MS, maxWaitMs: 100 });
        await look.one();
        return look.good > 0;
      }, 60_000);
      findings.atMost('found again after, ms', foundMs ?? Infinity, 6_000 + lateMs());
      const after = app.calls({ timeoutMs: LIMIT_MS });
      await after.make(40, 10);
      findings.equal('failures afterwards', after.failureCounts, {});
      await pause(10);
    }
    noKeyBlamed(findings, app);
  },
};
