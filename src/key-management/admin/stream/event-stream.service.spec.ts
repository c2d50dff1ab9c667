import { EventEmitter } from 'node:events';
import type { EventLog, LogEntry } from '../../events/event-log';
import { Subject } from 'rxjs';
import { FakeClock } from '../../../../test/support/fake-clock';
import { EventStreamService, HEARTBEAT_MS } from './event-stream.service';

const CAPACITY = 100;

/** As much of the log as the stream uses. */
class TestLog {
  readonly appended$ = new Subject<LogEntry>();
  lastId = 0;
  get firstId(): number {
    return Math.max(1, this.lastId - CAPACITY + 1);
  }
  entry(id: number): LogEntry {
    return { id, type: 'admin_action', at: new Date(0), action: { action: 'add_keys', result: 'ok', status: 200 } };
  }
  append(count = 1): void {
    for (let n = 0; n < count; n += 1) this.appended$.next(this.entry((this.lastId += 1)));
  }
}

class TestSink extends EventEmitter {
  readonly written: string[] = [];
  writableNeedDrain = false;
  writableLength = 0;
  ended = false;
  destroyed = false;
  write(chunk: string | Uint8Array): boolean {
    this.written.push(String(Buffer.from(chunk as Uint8Array)));
    return true;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
  get ids(): number[] {
    return this.written.flatMap((text) => /^id: (\d+)/.exec(text)?.[1] ?? []).map(Number);
  }
}

const rounds = async (): Promise<void> => {
  for (let n = 0; n < 10; n += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('EventStreamService', () => {
  let clock: FakeClock;
  let log: TestLog;
  let stream: EventStreamService;
  const reader = (lastEventId?: string): TestSink => {
    const sink = new TestSink();
    stream.add(sink, lastEventId);
    return sink;
  };
  beforeEach(() => {
    clock = new FakeClock();
    log = new TestLog();
    stream = new EventStreamService(log as unknown as EventLog, clock, 'abcdef01-2345');
  });

  it('sends nothing in the tick of the event', async () => {
    const sink = reader();
    log.append(3);
    expect(sink.ids).toEqual([]);
    await rounds();
    expect(sink.ids).toEqual([1, 2, 3]);
  });

  it('adds nothing to a full socket, and goes on where it was when it drains', async () => {
    const sink = reader();
    sink.writableNeedDrain = true;
    log.append(50);
    await rounds();
    expect(sink.ids).toEqual([]);
    sink.writableNeedDrain = false;
    sink.emit('drain');
    expect(sink.ids).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it('closes a reader that the ring has overtaken', async () => {
    const [slow, fast] = [reader(), reader()];
    slow.writableNeedDrain = true;
    for (let n = 0; n < 5; n += 1) {
      log.append(50);
      await rounds();
    }
    expect(slow.destroyed).toBe(true);
    expect(fast.ids).toHaveLength(250);
    expect(stream.readers).toBe(1);
  });

  it('closes a reader that takes nothing for a minute', async () => {
    const [slow, fast] = [reader(), reader()];
    slow.writableNeedDrain = true;
    await clock.advance(4 * HEARTBEAT_MS);
    expect(slow.destroyed).toBe(false);
    await clock.advance(HEARTBEAT_MS);
    expect(slow.destroyed).toBe(true);
    expect(fast.written.filter((text) => text.startsWith('event: heartbeat'))).toHaveLength(5);
  });

  it('ends a reader after an hour, who then has to show again that it may read', async () => {
    const sink = reader();
    await clock.advance(60 * 60_000 - HEARTBEAT_MS);
    const later = reader();
    expect(sink.ended).toBe(false);
    await clock.advance(HEARTBEAT_MS);
    expect([sink.ended, later.ended, stream.readers]).toEqual([true, false, 1]);
  });

  it('has no timer without readers, and takes none after its end', async () => {
    const sink = reader();
    sink.emit('close');
    expect([stream.readers, clock.pendingTimers]).toEqual([0, 0]);
    const last = reader();
    stream.onModuleDestroy();
    expect([last.ended, stream.isOpen, clock.pendingTimers]).toEqual([true, false, 0]);
  });

  it.each([
    ['5.abcdef01', [6, 7]],
    ['5', [6, 7]],
    ['7.abcdef01', []],
    ['', []],
    [undefined, []],
  ])('goes on after %s', (lastEventId, ids) => {
    log.append(7);
    expect(reader(lastEventId).ids).toEqual(ids);
  });

  it.each(['5.00000000', '8.abcdef01', '-1', '5.abcdef01\nid: 3', 'x'])('begins anew after %j', (lastEventId) => {
    log.append(7);
    const sink = reader(lastEventId);
    expect(sink.written.join('')).toContain('event: reset');
    expect(sink.ids).toEqual([]);
  });
});
