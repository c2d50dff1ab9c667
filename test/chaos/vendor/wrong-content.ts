import type { Behaviour } from '../../simulator';
import { endsInTime } from '../harness/promises';
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
    'answers that are no answers: a broken one (half a JSON, an error status) is asked for again; where only the caller’s function stumbles over a whole one (a page, wrong types) the call ends with its error, unrepeated; none takes a key away; the managed fetch passes a whole 200 on as it came',
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
    findings.figure('calls answered', `${own.good} of ${own.ended.length}`);
    findings.equal('how other calls end', Object.keys(own.failureCounts), ['CALL_REJECTED']);
    endsInTime(findings, own, LIMIT_MS);
    // A body that breaks off is asked for again with other keys, and in the end rejects as fetch does.
    const other = Object.keys(managed.failureCounts).filter(
      (how) => !['body', 'TypeError', 'TimeoutError'].includes(how),
    );
    findings.equal('other ends of answers passed on', other, []);
    const gone = app.pool.list('openai').filter(({ status }) => status !== 'healthy');
    findings.atMost('keys taken away', gone.length, 0);
  },
};
