import { gzipSync } from 'node:zlib';
import type { Behaviour } from '../../simulator';
import { endsInTime } from '../harness/promises';
import type { Scenario } from '../harness/scenario';
import { MemoryWatch } from '../harness/watch';

const LIMIT_MS = 4_000;
const GB = 1024 ** 3;
const chunk = '0'.repeat(64 * 1024);
const half = gzipSync('{"choices":[]}').toString('latin1').slice(0, 12);
const raw = (encoding: string, body: string, status = 200): Behaviour => ({
  kind: 'raw',
  bytes: `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
});

const GARBAGE: Readonly<Record<string, Behaviour>> = {
  'text called gzip': raw('gzip', '{"choices":[]}'),
  'half a gzip': raw('gzip', half),
  'text called br': raw('br', 'hello'),
  'text called deflate': raw('deflate', 'hello', 503),
  'unknown encoding': raw('x-rot13', 'uryyb', 502),
  'many encodings': raw('gzip, gzip, gzip, br, gzip, gzip, gzip, gzip', half, 500),
  'gzip bomb as error': {
    kind: 'flood',
    status: 500,
    first: '{"error":{"message":"',
    chunk,
    bytes: GB,
    encoding: 'gzip',
  },
  'gzip bomb as stream': {
    kind: 'flood',
    headers: { 'content-type': 'text/event-stream' },
    chunk,
    bytes: GB,
    encoding: 'gzip',
  },
};

export const garbageEncodings: Scenario = {
  promised: 'garbage and bombs under a content-encoding end in time and in bounded memory; none takes a key away',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const app = await stage.app(openai.newKeys(6));
    const memory = new MemoryWatch();
    for (const [name, behaviour] of Object.entries(GARBAGE)) {
      // Good answers among them, so that the circuit breaker of the vendor stays closed.
      openai.everywhere({ kind: 'flaky', failureRate: 0.6, failure: behaviour });
      const terms = { timeoutMs: LIMIT_MS, callerLimitMs: LIMIT_MS, maxRetries: 1, maxWaitMs: 1_000 };
      const calls = app.calls({ ...terms, ways: ['execute', 'fetch', 'stream'] });
      openai.calls.reset();
      await calls.make(stage.scaled(12, 24), 6);
      await openai.calls.waitForIdle(10_000);
      const { raw = 0, flood = 0 } = openai.calls.totals.byOutcome;
      findings.inject(name, raw + flood);
      findings.promise(raw + flood > 0, `nothing was injected: ${name}`);
      endsInTime(findings, calls, LIMIT_MS);
    }
    findings.atMost('memory grew by, MB', memory.stop(), 250);
    const gone = app.pool.list('openai').filter(({ status }) => status !== 'healthy');
    findings.atMost('keys taken away', gone.length, 0);
  },
};
