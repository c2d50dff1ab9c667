import { VendorSimulator, type Behaviour } from '../../simulator';
import { lateMs, noKeyBlamed } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

const LIMIT_MS = 4_000;

export const redirects: Scenario = {
  promised:
    'a redirect takes no key to another origin, and none is followed for ever; calls end in time; no key is blamed',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    const elsewhere = await VendorSimulator.start();
    stage.onEnd(() => elsewhere.close());
    const there = elsewhere.openai.baseUrl;
    const targets = [
      `${there}/v1/models`,
      there.replace('http:', ''),
      '/openai/v1/chat/completions',
      '',
      'javascript:alert(1)',
      'http://[',
      'https://127.0.0.1:1/',
      '//',
      `${openai.baseUrl.replace('//', '//a:b@')}/v1/chat/completions`,
    ];
    let slowestMs = 0;
    for (const status of [301, 302, 303, 307, 308]) {
      for (const location of targets) {
        const redirect: Behaviour = { kind: 'answer', status, headers: { location }, body: 'moved' };
        openai.everywhere(redirect);
        const calls = app.calls({ ways: ['fetch', 'stream'], timeoutMs: LIMIT_MS, maxRetries: 1, maxWaitMs: 500 });
        openai.calls.reset();
        await calls.make(2, 2);
        findings.inject('redirect', openai.calls.total);
        findings.equal(`answered after ${status} to ${location}`, calls.good, 0);
        slowestMs = Math.max(slowestMs, calls.slowestMs);
        findings.promise(
          openai.calls.total <= 2 * 12,
          `${openai.calls.total} requests for two calls at ${status} to ${location}`,
        );
      }
    }
    findings.atMost('slowest call, ms', slowestMs, LIMIT_MS + lateMs());
    findings.atMost('requests that reached another origin', elsewhere.openai.calls.total, 0);
    noKeyBlamed(findings, app);
  },
};
