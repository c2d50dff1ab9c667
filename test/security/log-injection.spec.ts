import { ConsoleLogger, Logger, type ArgumentsHost } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import {
  BaseHealthChecker,
  HealthCheckerRegistry,
  KeyManagementExceptionFilter,
  KeyManagerService,
  KeyPoolService,
  maskKey,
  RetryExecutorService,
  type HealthResult,
} from '../../src/key-management';
import { EventLog } from '../../src/key-management/events/event-log';
import { logFieldsOf, logLine } from '../../src/key-management/common/log-line';
import { startKeyManagement } from '../support/key-management-app';
import { keyText } from '../support/key-text';

/** What forges a line, colours or moves a terminal (also by C1 controls, which are no escapes), or turns text around. */
const FORGED = 'a\r\nERROR forged\u001b[2J\u009b31m\u0000\u007f\u2028\u2029\u202e\u2066\ufeffb';
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/;

class Chatty extends BaseHealthChecker {
  override checkHealth(): Promise<HealthResult> {
    return Promise.resolve({ outcome: 'quota_exceeded', reason: `${FORGED}${'x'.repeat(100_000)}` });
  }
  override classifyError(): HealthResult {
    return { outcome: 'rate_limited', reason: `${FORGED}${'x'.repeat(100_000)}`, model: `m${FORGED}` };
  }
}

describe('a log line', () => {
  it('as text and as JSON holds no character that forges lines or moves a terminal', () => {
    const line = logLine('key cools down', { reason: FORGED, model: FORGED, ms: 5 });
    for (const text of [line, JSON.stringify(logFieldsOf(line))]) {
      expect(text).not.toMatch(HARMFUL);
      expect(text).not.toContain('\n');
      expect(text).toContain('ERROR forged');
    }
  });

  it('of a failure of ours has its place, and its message on one line without a key', () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    const httpAdapter = { setHeader: () => undefined, isHeadersSent: () => false, reply: jest.fn() };
    const host = {
      getType: () => 'http',
      switchToHttp: () => ({ getResponse: () => ({}) }),
    } as unknown as ArgumentsHost;
    const key = `sk-proj-${'k'.repeat(40)}`;
    new KeyManagementExceptionFilter({ httpAdapter } as unknown as HttpAdapterHost).catch(
      new Error(`${FORGED} ${key}`),
      host,
    );
    const [message, ...frames] = String(error.mock.calls[0]![0]).split('\n');
    expect(message).toMatch(/^Error: a ERROR forged/);
    expect(message).not.toMatch(HARMFUL);
    expect(message).not.toContain(key);
    expect(frames.length).toBeGreaterThan(0);
    expect(frames.filter((frame) => !/^ {4}at /.test(frame))).toEqual([]);
    expect(JSON.stringify(httpAdapter.reply.mock.calls)).not.toContain('forged');
  });

  it('shows a key that holds such characters without them', () => {
    const masked = maskKey(`a\u001b[2J\n\u009b${'k'.repeat(30)}\r\nz`);
    expect(masked).not.toMatch(HARMFUL);
    expect(masked).not.toContain('\n');
  });
});

describe.each([false, true])('the log of an app whose vendor says hostile things (JSON: %s)', (json) => {
  it('has one line per event, none of them forged, and no reason without end', async () => {
    const written: string[] = [];
    const sinks = (['stdout', 'stderr'] as const).map((each) =>
      jest.spyOn(process[each], 'write').mockImplementation((text) => written.push(String(text)) > 0),
    );
    const logger = new ConsoleLogger({ json, colors: false, logLevels: ['debug', 'log', 'warn', 'error'] });
    const app = await startKeyManagement({ providers: { mine: {} } }, { logger });
    app.get(HealthCheckerRegistry).addChecker('mine', new Chatty());
    await app
      .get(KeyManagerService)
      .initializeKeys('mine', [{ key: `k\r\n\u001b[31m${keyText(1)}\u2028`, label: FORGED }]);
    app.get(HealthCheckerRegistry).addChecker('fine', new Chatty());
    await app.get(KeyManagerService).initializeKeys('fine', ['sk-1234567890123456789012345']);
    const [record] = [...app.get(KeyPoolService).pool('fine')!.records()];
    app.get(KeyPoolService).pool('fine')!.setState(record!, { status: 'healthy', unproven: false }, 'probe');
    await app.get(RetryExecutorService).execute('fine', () => Promise.reject(new Error('x')), {
      model: `gpt${FORGED}`,
      maxRetries: 0,
      maxWaitMs: 0,
    });
    const events = app.get(EventLog).latest({ limit: 100 });
    await app.close();
    for (const sink of sinks) sink.mockRestore();
    const lines = written.join('').split('\n');
    expect(lines.some((line) => line.includes('ERROR forged'))).toBe(true);
    expect(lines.filter((line) => HARMFUL.test(line))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('ERROR forged'))).toEqual([]);
    if (json) for (const line of lines.filter((each) => each !== '')) JSON.parse(line);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(2_000);
    for (const entry of events) expect(JSON.stringify(entry).length).toBeLessThan(2_000);
  });
});
