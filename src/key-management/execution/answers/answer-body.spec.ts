import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { BodySource } from '../../common/body-source';
import { TimeLimits } from '../waiting/time-limits';
import { AnswerBody, type AnswerEnd, type BodyTerms } from './answer-body';
import { AnswerWatch } from './answer-watch';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (chunk: { value?: Uint8Array }) => new TextDecoder().decode(chunk.value);

describe('AnswerBody', () => {
  function open(more: Partial<BodyTerms> = {}) {
    const clock = new FakeClock();
    let vendor!: ReadableStreamDefaultController<Uint8Array>;
    const cancelled: unknown[] = [];
    const source = new BodySource(
      new ReadableStream<Uint8Array>({
        start: (controller) => void (vendor = controller),
        cancel: (reason) => void cancelled.push(reason),
      }),
    );
    source.giveBack([bytes('data: first\n\n')]);
    const ends: AnswerEnd[] = [];
    const evidence = () => ({});
    const headers = new Headers({ 'content-type': 'text/event-stream' });
    const bodies = new Set<AnswerBody>();
    const body = AnswerBody.open(source, {
      settings: { clock, limits: new TimeLimits(clock), bodies },
      signals: [],
      endsAt: Infinity,
      idleTimeoutMs: 300_000,
      evidence,
      watch: AnswerWatch.for({ headers, evidence, usage: undefined, asked: false }),
      onSettled: (end) => void ends.push(end),
      ...more,
    });
    return { clock, vendor, ends, cancelled, body, bodies };
  }

  it('gives the key back when nobody reads for 30 s, also after some was read, and stays readable', async () => {
    const { clock, vendor, ends, body, bodies } = open();
    const reader = body.getReader();
    await reader.read();
    const second = reader.read();
    await clock.advance(60_000);
    expect(ends).toEqual([]);
    vendor.enqueue(bytes('data: second\n\n'));
    await second;
    await clock.advance(59_000);
    expect(ends).toEqual(['unread']);
    await clock.advance(600_000);
    expect(clock.pendingTimers).toBe(0);
    vendor.enqueue(bytes('data: third\n\n'));
    vendor.close();
    expect(text(await reader.read())).toContain('third');
    expect((await reader.read()).done).toBe(true);
    expect([ends, bodies.size]).toEqual([['unread'], 0]);
    await clock.advance(600_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('D3: breaks with a time-out when the vendor is silent for too long', async () => {
    const { clock, ends, body, cancelled } = open();
    const reader = body.getReader();
    await reader.read();
    const second = reader.read().catch((error: unknown) => error);
    await clock.advance(299_000);
    expect(ends).toEqual([]);
    await clock.advance(40_000);
    expect(await second).toMatchObject({ name: 'TimeoutError' });
    expect(ends).toMatchObject([{ transport: 'timeout' }]);
    expect(cancelled).toMatchObject([{ name: 'TimeoutError' }]);
  });

  it('D3: ends with the time of the whole call, read or unread', async () => {
    for (const isRead of [true, false]) {
      const { clock, ends, body, cancelled } = open({ endsAt: new FakeClock().now() + 100_000 });
      const reader = body.getReader();
      if (isRead) await reader.read();
      await clock.advance(102_000);
      expect(cancelled).toMatchObject([{ name: 'TimeoutError' }]);
      expect(ends).toHaveLength(1);
      await expect(reader.read()).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it('D2: listens to its signals though nobody reads it', async () => {
    const caller = new AbortController();
    const { clock, ends, body, cancelled } = open({ signals: [new AbortController().signal, caller.signal] });
    caller.abort('left');
    expect([ends, cancelled]).toEqual([['cancelled'], ['left']]);
    await expect(body.getReader().read()).rejects.toBe('left');
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
  });

  it('settles with an error event as it passes, and lets the rest through', async () => {
    const { vendor, ends, body } = open();
    const reader = body.getReader();
    await reader.read();
    vendor.enqueue(bytes('data: {"error":{"code":"x"}}\n\n'));
    vendor.enqueue(bytes('data: rest\n\n'));
    vendor.close();
    await reader.read();
    expect(ends).toMatchObject([{ codes: ['x'], phase: 'stream' }]);
    expect(text(await reader.read())).toContain('rest');
    expect((await reader.read()).done).toBe(true);
    expect(ends).toHaveLength(1);
  });

  it('reads nothing ahead of its reader', async () => {
    const { vendor, body } = open();
    const reader = body.getReader();
    const before = vendor.desiredSize;
    vendor.enqueue(bytes('data: second\n\n'));
    await reader.read();
    await settle();
    expect(vendor.desiredSize).toBe(before! - 1);
  });

  it('D2: passes a cancel on, with its reason', async () => {
    const { ends, cancelled, body } = open();
    await body.cancel('enough');
    expect([ends, cancelled]).toEqual([['cancelled'], ['enough']]);
  });

  it('D2: is given back and let go when it is thrown away unread', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const { ends, cancelled } = (() => {
      const opened = open({ signals: [new AbortController().signal] });
      return { ends: opened.ends, cancelled: opened.cancelled };
    })();
    while (ends.length === 0) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect([ends, cancelled]).toEqual([['unread'], [undefined]]);
  });
});
