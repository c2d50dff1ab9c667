import { endsInTime, noKeyBlamed } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

const LIMIT_MS = 8_000;
const TEXT = 'Hello from openai, gpt-5-nano.';

export const brokenBodies: Scenario = {
  promised:
    'a stream that breaks before its first content is made again, unseen; after it never: the caller gets what came and an error, and the vendor was asked once; no key is blamed',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    const before = app.calls({ ways: ['stream'], timeoutMs: LIMIT_MS, maxRetries: 6 });
    for (const [n, after] of (['headers', 'before_content'] as const).entries()) {
      for (const how of ['destroy', 'reset', 'end'] as const) {
        openai.everywhere({ kind: 'flaky', failureRate: 0.1, seed: n + 5, failure: { kind: 'cutOff', after, how } });
        await before.make(stage.scaled(60), 10);
      }
    }
    findings.inject('stream cut before content', openai.calls.totals.byOutcome.cutOff ?? 0);
    findings.figure('streams cut early, answered all the same', `${before.good} of ${before.ended.length}`);
    findings.equal('failures of streams cut early', before.failureCounts, {});

    openai.calls.reset();
    const later = app.calls({ ways: ['stream'], timeoutMs: LIMIT_MS, maxRetries: 6 });
    for (const how of ['destroy', 'reset'] as const) {
      // Not all of them, or the circuit breaker of the vendor would open.
      openai.everywhere({ kind: 'flaky', failureRate: 0.5, seed: 11, failure: { kind: 'cutOff', after: 2, how } });
      await later.make(stage.scaled(40), 5);
    }
    const cuts = openai.calls.totals.byOutcome.cutOff ?? 0;
    findings.inject('stream cut after two words', cuts);
    findings.equal('how streams cut late end', later.failureCounts, { body: cuts });
    findings.equal('requests for streams cut late', openai.calls.total, later.ended.length);
    const cut = later.failures.filter(({ partial }) => partial !== 'Hello from');
    findings.promise(cut.length === 0, `callers saw ${cut.map(({ partial }) => JSON.stringify(partial)).join(', ')}`);

    openai.calls.reset();
    openai.everywhere({
      kind: 'flaky',
      failureRate: 0.1,
      seed: 9,
      failure: { kind: 'cutOff', after: 2, how: 'reset' },
    });
    const own = app.calls({ ways: ['execute'], timeoutMs: LIMIT_MS, maxRetries: 6 });
    await own.make(stage.scaled(100), 10);
    findings.inject('JSON body cut in half', openai.calls.totals.byOutcome.cutOff ?? 0);
    findings.figure('calls that read their own body', `${own.good} of ${own.ended.length}`);
    findings.equal('failures of calls that read their own body', own.failureCounts, {});
    findings.equal('texts', [...new Set([...before.ended, ...own.ended].map(({ text }) => text))], [TEXT]);
    for (const calls of [before, later, own]) endsInTime(findings, calls, LIMIT_MS);
    noKeyBlamed(findings, app);
  },
};
