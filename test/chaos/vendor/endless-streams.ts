import type { Behaviour } from '../../simulator';
import { endsInTime, noKeyBlamed } from '../harness/promises';
import type { Scenario } from '../harness/scenario';
import { MemoryWatch } from '../harness/watch';

const LIMIT_MS = 2_500;
const SSE = { 'content-type': 'text/event-stream' };
const CONTENT = 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n';

/** Up to 13 MB a second: what a caller reads until its limit passes is its own to hold, and should not depend on the machine. */
const everyMs = 5;

const STREAMS: Readonly<Record<string, Behaviour>> = {
  'preamble without end': { kind: 'flood', headers: SSE, chunk: ': ping\n\n'.repeat(1_000), everyMs },
  'pings, one now and then': {
    kind: 'flood',
    headers: SSE,
    chunk: 'event: ping\ndata: {"type":"ping"}\n\n',
    everyMs: 20,
  },
  'line without end before content': { kind: 'flood', headers: SSE, chunk: 'x'.repeat(64 * 1024), everyMs },
  'line without end after content': {
    kind: 'flood',
    headers: SSE,
    first: CONTENT,
    chunk: `data: ${'"error"'.repeat(9_000)}`,
    everyMs,
  },
  'content without end': { kind: 'flood', headers: SSE, chunk: CONTENT.repeat(500), everyMs },
  'error body, a byte at a time': { kind: 'flood', status: 500, chunk: ' ', everyMs },
  'JSON without end': {
    kind: 'flood',
    headers: { 'content-type': 'application/json' },
    first: '"',
    chunk: ' '.repeat(16),
    everyMs,
  },
};

export const endlessStreams: Scenario = {
  promised:
    'a stream without end is held back no longer than 64 kB, and passed on no faster than it is read; every call ends within its limit; memory is bounded; no key is blamed',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    const memory = new MemoryWatch();
    for (const [name, behaviour] of Object.entries(STREAMS)) {
      // Good answers among them, so that the circuit breaker of the vendor stays closed.
      openai.everywhere({ kind: 'flaky', failureRate: 0.6, failure: behaviour });
      const terms = { timeoutMs: 1_500, attemptTimeoutMs: 700, callerLimitMs: LIMIT_MS, maxRetries: 2, maxWaitMs: 500 };
      const calls = app.calls({ ...terms, ways: ['stream', 'fetch', 'execute'] });
      openai.calls.reset();
      await calls.make(stage.scaled(12, 24), 6);
      await openai.calls.waitForIdle(10_000);
      findings.inject(name, openai.calls.totals.byOutcome.flood ?? 0);
      endsInTime(findings, calls, LIMIT_MS);
    }
    findings.atMost('memory grew by, MB', memory.stop(), 250);
    noKeyBlamed(findings, app);
  },
};
