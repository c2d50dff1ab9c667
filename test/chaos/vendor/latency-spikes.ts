import { allGood, attemptLimit, endsInTime, noKeyBlamed } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

export const latencySpikes: Scenario = {
  promised:
    'attempts that take too long are left and made again; every call is answered within its limit; no key is blamed',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    const attemptTimeoutMs = await attemptLimit(app, 500);
    const timeoutMs = 10 * attemptTimeoutMs;
    openai.calls.reset();
    openai.everywhere(
      { kind: 'flaky', failureRate: 0.06, seed: 7, failure: { kind: 'hang' } },
      { kind: 'slow', latencyMs: 15 },
    );
    // The retry budget is one retry for five calls. More spikes than that are an outage, which is another scenario.
    const calls = app.calls({ timeoutMs, attemptTimeoutMs, maxRetries: 5 });
    await calls.make(stage.scaled(300), 15);
    findings.inject('answer held back until the client leaves', openai.calls.totals.byOutcome.hang ?? 0);
    allGood(findings, calls);
    endsInTime(findings, calls, timeoutMs);
    noKeyBlamed(findings, app);
  },
};
