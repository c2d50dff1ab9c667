import { allGood, attemptLimit, endsInTime, noKeyBlamed } from '../harness/promises';
import { FaultyProxy } from '../harness/faulty-proxy';
import type { Scenario } from '../harness/scenario';

export const goneWithoutFin: Scenario = {
  promised:
    'connections kept alive that died without a word are left after one attempt’s limit; calls are answered again as soon as the way is there; no key is blamed',
  async run(stage, findings) {
    const { openai, origin } = await stage.simulator();
    const proxy = await FaultyProxy.start(Number(new URL(origin).port));
    stage.onEnd(() => proxy.close());
    const app = await stage.app(openai.newKeys(6), { at: `http://127.0.0.1:${proxy.port}/openai` });
    const attemptTimeoutMs = await attemptLimit(app, 300);
    const timeoutMs = 10 * attemptTimeoutMs;
    const calls = app.calls({ timeoutMs, attemptTimeoutMs, maxRetries: 3 });
    for (let round = 0; round < stage.scaled(3, 12); round += 1) {
      // Some 22 connections will be dead (ten of either client, and two spare), and every fifth call may be retried.
      await calls.make(120, 10);
      await proxy.set({ kind: 'silent' });
      // New connections pass again. Those that are kept alive are dead, and the clients do not know it.
      await proxy.revive();
      await calls.make(10, 10);
    }
    findings.inject('connection silenced', proxy.struck);
    allGood(findings, calls);
    endsInTime(findings, calls, timeoutMs);
    noKeyBlamed(findings, app);
  },
};
