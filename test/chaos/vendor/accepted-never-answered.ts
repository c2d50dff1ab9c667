import { endsInTime, lateMs, noKeyBlamed } from '../harness/promises';
import { FaultyProxy } from '../harness/faulty-proxy';
import type { Scenario } from '../harness/scenario';

const LIMIT_MS = 1_500;

export const acceptedNeverAnswered: Scenario = {
  promised:
    'a vendor that takes connections and says nothing costs each call its time limit and no more; the app ends all the same; no key is blamed',
  async run(stage, findings) {
    const { openai, origin } = await stage.simulator();
    const proxy = await FaultyProxy.start(Number(new URL(origin).port));
    stage.onEnd(() => proxy.close());
    const app = await stage.app(openai.newKeys(6), { at: `http://127.0.0.1:${proxy.port}/openai` });
    await proxy.set({ kind: 'silent' });
    for (const terms of [{ timeoutMs: LIMIT_MS }, { timeoutMs: LIMIT_MS, attemptTimeoutMs: 200 }]) {
      const calls = app.calls({ ...terms, maxRetries: 3 });
      await calls.make(stage.scaled(40), 40);
      findings.equal('calls answered', calls.good, 0);
      endsInTime(findings, calls, LIMIT_MS);
    }
    findings.inject('connection accepted and never answered', proxy.struck);
    noKeyBlamed(findings, app);
    findings.atMost('app closed, ms', await app.close(), 1_000 + lateMs());
  },
};
