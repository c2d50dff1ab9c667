import { allGood, endsInTime, noKeyBlamed } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

const LIMIT_MS = 8_000;

export const resetsBeforeHeaders: Scenario = {
  promised: 'a connection that is reset before any header costs a retry and nothing else; no key is blamed',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    openai.everywhere({ kind: 'flaky', failureRate: 0.1, seed: 3, failure: { kind: 'reset' } });
    const calls = app.calls({ timeoutMs: LIMIT_MS, maxRetries: 6 });
    await calls.make(stage.scaled(300, 3_000), 20);
    findings.inject('connection reset before headers', openai.calls.totals.byOutcome.reset ?? 0);
    allGood(findings, calls);
    endsInTime(findings, calls, LIMIT_MS);
    noKeyBlamed(findings, app);
  },
};
