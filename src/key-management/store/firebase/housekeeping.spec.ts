import { FirebaseServer } from '../../../../test/firebase-server';
import { SdkClients } from '../../../../test/firebase-server/sdk-clients';
import { Housekeeping } from './housekeeping';
import { type Session } from './session';

const MINUTE = 60_000;

describe('housekeeping in the Firebase tree', () => {
  const clients = new SdkClients();
  let server: FirebaseServer;
  let housekeeping: Housekeeping;
  let strays: string[];
  let now: number;

  beforeEach(async () => {
    server = await FirebaseServer.start();
    const root = clients.connect(server.url()).ref('root');
    strays = [];
    now = Date.now();
    // Only what housekeeping uses of a session.
    const session = { root, serverNow: () => now, feed: { strayBefore: () => strays } } as unknown as Session;
    housekeeping = new Housekeeping(
      () => session,
      (update) => root.update(update),
      { now: () => now },
    );
  });
  afterEach(async () => {
    housekeeping.stop();
    await clients.close();
    await server.stop();
  });

  it('removes own log entries soon, and ids of batches only after more than 10 minutes', async () => {
    server.set('root', { log: { a: { w: 'me' }, b: { w: 'me' } }, batches: { x: now + 5 * MINUTE } });
    housekeeping.batchWritten('log/a', ['batches/x']);
    await housekeeping.tick();
    expect(server.data()).toMatchObject({ root: { log: { a: {}, b: {} } } });
    now += MINUTE;
    await housekeeping.tick();
    expect(server.data()).toEqual({ root: { log: { b: { w: 'me' } }, batches: { x: expect.any(Number) as number } } });
    now += 11 * MINUTE;
    await housekeeping.tick();
    expect(server.data()).toEqual({ root: { log: { b: { w: 'me' } } } });
  });

  it('removes what a writer left that is gone', async () => {
    server.set('root', {
      log: { a: { w: 'gone' }, b: { w: 'there' } },
      batches: { old: now - 12 * MINUTE, young: now },
    });
    strays = ['a'];
    await housekeeping.tick();
    expect(server.data()).toEqual({ root: { log: { b: { w: 'there' } }, batches: { young: now } } });
  });

  it('clears crowded fields of all but the value that won, and of nothing else', async () => {
    server.set('root/docs', {
      '|d': {
        r: { f: { 'v1~a': '1', 'v10~a': '10', 'v9~z': '9' } },
        m: { x: { 'n-3': true, n12: true, n7: true } },
        s: { n: 1 },
      },
    });
    housekeeping.crowded(['docs/|d/r/f', 'docs/|d/m/x', 'docs/|dropped/r/f']);
    await housekeeping.tick();
    expect(server.data()).toEqual({
      root: { docs: { '|d': { r: { f: { 'v10~a': '10' } }, m: { x: { n12: true } }, s: { n: 1 } } } },
    });
  });
});
