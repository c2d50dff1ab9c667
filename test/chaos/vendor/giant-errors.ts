import type { Behaviour } from '../../simulator';
import { endsInTime, noKeyBlamed } from '../harness/promises';
import type { Scenario } from '../harness/scenario';
import { MemoryWatch } from '../harness/watch';

const LIMIT_MS = 6_000;
const MB = 1024 * 1024;
const LENGTH = 500 * MB;

export const giantErrors: Scenario = {
  promised:
    'of an error’s body 64 kB are read, however long it is: calls end in time, memory is bounded, no key is blamed',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    const memory = new MemoryWatch();
    const chunk = 'x'.repeat(64 * 1024);
    const giants: Behaviour[] = [
      { kind: 'flood', status: 500, first: '{"error":{"message":"', chunk, bytes: LENGTH },
      { kind: 'flood', status: 503, headers: { 'content-type': 'text/html' }, first: '<html>', chunk, bytes: LENGTH },
      { kind: 'flood', status: 502, chunk: '\n'.repeat(64 * 1024), bytes: LENGTH },
    ];
    let flooded = 0;
    for (const giant of giants) {
      // Good answers among them, so that the circuit breaker of the vendor stays closed.
      openai.everywhere({ kind: 'flaky', failureRate: 0.6, failure: giant });
      const calls = app.calls({ ways: ['execute', 'fetch'], timeoutMs: LIMIT_MS, maxWaitMs: 2_000, maxRetries: 2 });
      await calls.make(stage.scaled(16), 8);
      endsInTime(findings, calls, LIMIT_MS);
      await openai.calls.waitForIdle(60_000);
    }
    for (const record of openai.calls) flooded += record.flooded ?? 0;
    findings.inject('error body of 500 MB', openai.calls.totals.byOutcome.flood ?? 0);
    const requests = Math.max(1, openai.calls.totals.byOutcome.flood ?? 0);
    // The buffers of both kernels take some of the answer although nobody reads it.
    findings.atMost('sent per body, MB', flooded / requests / MB, 32);
    findings.atMost('memory grew by, MB', memory.stop(), 150);
    noKeyBlamed(findings, app);
  },
};
