import type { Behaviour } from '../../simulator';
import { allGood, endsInTime } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

const LIMIT_MS = 8_000;
const WRONG: readonly Behaviour[] = [
  { kind: 'html', status: 200 },
  { kind: 'html', status: 502 },
  { kind: 'malformed', as: 'invalid_json' },
  { kind: 'malformed', as: 'truncated' },
  { kind: 'malformed', as: 'empty' },
  { kind: 'answer', status: 200, body: null },
  { kind: 'answer', status: 200, body: '[]' },
  { kind: 'answer', status: 500, body: '{"error":{"message":["a"],"code":{}}}' },
  { kind: 'answer', status: 503, headers: { 'content-type': 'application/json' }, body: '<html>' },
  { kind: 'answer', status: 599, headers: { 'content-type': 'image/png' }, body: '\u0089PNG' },
];

export const wrongContent: Scenario = {
  promised:
    'answers that are no answers (pages, half or empty JSON, wrong types) are retried where the caller’s function refuses them; none takes a key away; the managed fetch passes a 200 on as it came',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    const own = app.calls({ ways: ['execute'], timeoutMs: LIMIT_MS, maxRetries: 6 });
    const managed = app.calls({ ways: ['fetch'], timeoutMs: LIMIT_MS, maxRetries: 6 });
    for (const [seed, failure] of WRONG.entries()) {
      openai.everywhere({ kind: 'flaky', failureRate: 0.1, seed, failure });
      await own.make(stage.scaled(40), 10);
      openai.everywhere(failure);
      const good200 = failure.kind === 'malformed' || ('status' in failure && failure.status === 200);
      if (good200) await managed.make(3, 3);
    }
    const { byOutcome } = openai.calls.totals;
    for (const kind of ['html', 'malformed', 'answer']) findings.inject(`${kind} answer`, byOutcome[kind] ?? 0);
    allGood(findings, own);
    endsInTime(findings, own, LIMIT_MS);
    findings.equal('how answers passed on end', Object.keys(managed.failureCounts), ['body']);
    const gone = app.pool.list('openai').filter(({ status }) => status !== 'healthy');
    findings.atMost('keys taken away', gone.length, 0);
  },
};
