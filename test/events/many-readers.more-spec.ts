import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventStreamService, HEARTBEAT_MS } from '../../src/key-management/admin/stream/event-stream.service';
import { MemoryKeyStore } from '../../src/key-management/store/memory/memory-key-store';
import { AnalyticsInstance } from '../analytics/analytics-instance';
import { FakeClock } from '../support/fake-clock';
import { SseClient } from './sse-client';

const READERS = 1_000;
const STALLED = 10;
const BEFORE = 4_000;
const LIVE = 100;

/** Real sockets, without a framework before them: what is measured is ours. */
describe('a thousand readers', () => {
  const clock = new FakeClock();
  let server: Server;
  let stream: EventStreamService;
  let app: AnalyticsInstance;
  let clients: SseClient[] = [];
  const sinks = new Set<{ writableLength: number }>();

  beforeAll(async () => {
    app = await new AnalyticsInstance(new MemoryKeyStore({ clock }), clock).open();
    stream = new EventStreamService(app.log, clock, 'abcdef01-2345');
    server = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      sinks.add(response);
      response.on('close', () => sinks.delete(response));
      stream.add(response, request.headers['last-event-id'] as string | undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 2_000, resolve));
  });
  afterAll(() => {
    for (const client of clients) client.close();
    server.closeAllConnections();
    server.close();
  });

  const open = (stalled: boolean, headers = {}): Promise<SseClient> =>
    SseClient.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers, stalled);
  const log = (n: number): void => {
    app.log.recordAction({ action: `${n} ${'x'.repeat(2_000)}`, result: 'ok', status: 200 });
  };
  const reached = (client: SseClient, id: number): Promise<void> =>
    client.until(() => client.lastId === `${id}.abcdef01`);

  it('serves those that read, holds nothing for those that do not, and lets them catch up', async () => {
    // Eight megabytes to catch up on: more than the kernel takes for one that does not read.
    for (let n = 0; n < BEFORE; n += 1) log(n);
    const stalled = await Promise.all(
      Array.from({ length: STALLED }, () => open(true, { 'last-event-id': '0.abcdef01' })),
    );
    const reading: SseClient[] = [];
    while (reading.length < READERS - STALLED) {
      reading.push(...(await Promise.all(Array.from({ length: 99 }, () => open(false)))));
    }
    clients = [...stalled, ...reading];
    expect(stream.readers).toBe(READERS);

    let mostWaiting = 0;
    for (let n = 0; n < LIVE; n += 1) {
      log(BEFORE + n);
      if (n % 10 !== 9) continue;
      await Promise.all(reading.map((each) => reached(each, BEFORE + n + 1)));
      mostWaiting = Math.max(mostWaiting, ...[...sinks].map(({ writableLength }) => writableLength));
    }
    const expected = Array.from({ length: LIVE }, (_, n) => BEFORE + n + 1);
    for (const each of reading) expect(each.messages.map(({ data }) => data.id)).toEqual(expected);
    // One high-water mark and one entry at most, whatever there is to be sent.
    expect(mostWaiting).toBeGreaterThan(0);
    expect(mostWaiting).toBeLessThan(24 * 1_024);

    // A stalled one is let go after a minute without taking anything.
    for (let n = 0; n <= 5; n += 1) await clock.advance(HEARTBEAT_MS);
    await Promise.all(
      reading.map((each) => each.until(() => each.messages.some(({ event }) => event === 'heartbeat'))),
    );
    expect(stream.readers).toBe(READERS - STALLED);

    // A stalled one goes on where it was; one that was away for a moment misses nothing either.
    const lateId = reading[0]!.lastId!;
    log(BEFORE + LIVE);
    const back = await open(false, { 'last-event-id': '3.abcdef01' });
    await reached(back, BEFORE + LIVE + 1);
    const late = await open(false, { 'last-event-id': lateId });
    clients = [...clients, back, late];
    await late.until(() => late.messages.length > 0);
    expect(back.messages.map(({ data }) => data.id)).toEqual(
      Array.from({ length: BEFORE + LIVE + 1 - 3 }, (_, n) => n + 4),
    );
    expect(late.messages.map(({ data }) => data.id)).toEqual([BEFORE + LIVE + 1]);

    stream.onModuleDestroy();
    await Promise.all(reading.map((each) => each.end()));
  });
});
