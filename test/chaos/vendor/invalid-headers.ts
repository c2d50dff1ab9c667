import type { Behaviour } from '../../simulator';
import { allGood, endsInTime } from '../harness/promises';
import type { Scenario } from '../harness/scenario';

const LIMIT_MS = 6_000;
const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const raw = (bytes: string): Behaviour => ({ kind: 'raw', bytes });
const odd = (status: number, headers: Record<string, string>): Behaviour => ({
  kind: 'answer',
  status,
  headers,
  body: {},
});

/** No HTTP at all, or nearly. */
const BROKEN: Readonly<Record<string, Behaviour>> = {
  'no HTTP': raw('220 smtp.example ESMTP\r\n'),
  'status line': raw('HTTP/1.1 two hundred\r\n\r\n'),
  'header without a colon': raw(`${OK}nonsense\r\n\r\n{}`),
  'NUL in a header': raw(`${OK}x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}`),
  '1 MB of headers': raw(`${OK}${'x-a: bbbbbbbb\r\n'.repeat(70_000)}\r\n{}`),
  'two lengths': raw(`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`),
  'length beyond the end': raw(`${OK}content-length: 900\r\n\r\n{"choices":[]}`),
  'chunk sizes': raw(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n`),
  'only 100 Continue': raw('HTTP/1.1 100 Continue\r\n\r\n'),
};

/** Rate-limit headers of a good answer. None may keep a key out for long. */
const ODD_LIMITS: readonly Record<string, string>[] = [
  {
    'x-ratelimit-remaining-requests': 'NaN',
    'x-ratelimit-reset-requests': '-5s',
    'x-ratelimit-limit-requests': '1e999',
  },
  {
    'x-ratelimit-remaining-requests': '-1',
    'x-ratelimit-reset-requests': '~',
    'x-ratelimit-limit-requests': '-10',
  },
  { 'x-ratelimit-remaining-tokens': '0x10', 'x-ratelimit-reset-tokens': '', 'x-ratelimit-limit-tokens': ',' },
];

export const invalidHeaders: Scenario = {
  promised:
    'answers that break HTTP are network faults, retried; garbage in rate-limit and retry-after headers is passed over; no key is taken away or kept waiting by it',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    // So many that what the simulated vendor allows a minute is enough, however fast the machine is.
    const app = await stage.app(openai.newKeys(24));
    const calls = app.calls({ ways: ['execute'], timeoutMs: LIMIT_MS, maxRetries: 6 });
    for (const [seed, [name, failure]] of Object.entries(BROKEN).entries()) {
      openai.everywhere({ kind: 'flaky', failureRate: 0.1, seed, failure });
      openai.calls.reset();
      await calls.make(stage.scaled(40), 10);
      findings.inject(name, openai.calls.totals.byOutcome.raw ?? 0);
    }
    for (const value of ['-1', 'soon', '1e309', 'Thu, 99 Foo 2026', '99999999999999999999', '']) {
      openai.everywhere({ kind: 'flaky', failureRate: 0.1, failure: odd(503, { 'retry-after': value }) });
      openai.calls.reset();
      await calls.make(stage.scaled(20), 10);
      findings.inject('garbage in retry-after', openai.calls.totals.byOutcome.answer ?? 0);
    }
    for (const headers of ODD_LIMITS) {
      const body = { choices: [{ message: { content: 'Hello' } }] };
      openai.everywhere({ kind: 'answer', status: 200, headers, body });
      const limited = app.calls({ ways: ['execute', 'fetch'], timeoutMs: LIMIT_MS });
      await limited.make(stage.scaled(40), 10);
      findings.inject('garbage in rate-limit headers', limited.ended.length);
      findings.equal('failures under odd rate-limit headers', limited.failureCounts, {});
      endsInTime(findings, limited, 1_000);
    }
    allGood(findings, calls);
    endsInTime(findings, calls, LIMIT_MS);
    const gone = app.pool.list('openai').filter(({ status }) => status !== 'healthy');
    findings.atMost('keys taken away', gone.length, 0);
  },
};
