import type { KeyEvent } from '../../src/key-management';
import type { PoolLease } from '../../src/key-management/pool/key-lease';
import { StatusTableHealthChecker } from '../../src/key-management';
import { VendorHealthChecker } from '../../src/key-management/checkers/vendor-health-checker';
import { mistral } from '../../src/key-management/vendors/mistral';
import { openai } from '../../src/key-management/vendors/openai/openai';
import { vendorOf } from '../../src/key-management/vendors/vendor-of';
import { FakeClock } from '../support/fake-clock';
import { errorOf, Fault, Harness, invalid, overloaded, trail } from './harness';

/** What a proxy in front of the vendor answers: no rule knows it. */
const proxy = () => new Fault(401, { message: 'Unauthorized by the proxy' });
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];

let vendor: Harness;
let events: KeyEvent[];
let probed: string[];

function start(harness = new Harness()): void {
  vendor = harness;
  events = [];
  probed = [];
  vendor.pools.events$.subscribe((event) => events.push(event));
  vendor.pools.observe({ probeWanted: ({ id }) => void probed.push(NAMES.find((name) => vendor.id(name) === id)!) });
}

const doubts = () => events.filter(({ type }) => type === 'removals_doubted');
const statuses = (...names: string[]) => names.map((name) => vendor.snapshot(name).status);

beforeEach(() => start());
afterEach(() => vendor.expectIdle());

describe('within one call', () => {
  it('removes the first key at once', async () => {
    vendor.add('a', [proxy()]).add('b');
    expect(await vendor.run()).toMatchObject({ success: true, response: 'answer of b', attemptsMade: 2 });
    expect(statuses('a', 'b')).toEqual(['invalid_key', 'healthy']);
    expect(probed).toEqual([]);
  });

  it('takes the removal of the first back at the second, has both probed, and goes on to the third', async () => {
    vendor.add('a', [proxy()]).add('b', [proxy()]).add('c');
    expect(await vendor.run({ maxRetries: 0 })).toMatchObject({ success: true, response: 'answer of c' });
    expect(statuses('a', 'b', 'c')).toEqual(['cooling_down', 'cooling_down', 'healthy']);
    const until = new Date(vendor.clock.now() + 10_000);
    for (const name of ['a', 'b']) {
      expect(vendor.snapshot(name)).toMatchObject({ cooldownUntil: until, reason: 'Unauthorized by the proxy' });
    }
    expect(probed).toEqual(['a', 'b']);
    expect(doubts()).toEqual([]);
    await vendor.clock.advance(10_000);
    vendor.pool.wake();
    expect(statuses('a', 'b')).toEqual(['healthy', 'healthy']);
  });

  it('takes the second key’s other words for the same doubt', async () => {
    vendor
      .add('a', [new Fault(401, { message: 'No' })])
      .add('b', [proxy()])
      .add('c');
    await vendor.run();
    expect(statuses('a', 'b')).toEqual(['cooling_down', 'cooling_down']);
  });

  it('goes no further than to the third, and ends with the vendor’s own answer', async () => {
    const last = proxy();
    vendor.add('a', [proxy()]).add('b', [proxy()]).add('c', [last]).add('d');
    const result = await vendor.run();
    expect(trail(result)).toEqual(['invalid_key', 'invalid_key', 'invalid_key']);
    expect(errorOf(result)).toMatchObject({ code: 'CALL_REJECTED', cause: last });
    expect(vendor.called).toEqual(['a', 'b', 'c']);
    expect(statuses('a', 'b', 'c', 'd')).toEqual(['cooling_down', 'cooling_down', 'cooling_down', 'healthy']);
  });

  it('ends with the vendor’s own answer at once where there is no third key', async () => {
    vendor.add('a', [proxy()]).add('b', [proxy()]);
    const before = vendor.clock.now();
    expect(errorOf(await vendor.run())).toMatchObject({ code: 'CALL_REJECTED', cause: { status: 401 } });
    expect(vendor.clock.now()).toBe(before);
  });

  it('waits for a third key that is only in use', async () => {
    vendor
      .add('a', [proxy()])
      .add('b', [proxy()])
      .add('c', [undefined], { limits: { concurrency: 1 } });
    const busy = vendor.pool.lease({ exclude: new Set([vendor.id('a'), vendor.id('b')]) })!;
    const running = vendor.run();
    await vendor.clock.advance(1_000);
    busy.settle('ok');
    await vendor.clock.advance(1_000);
    expect(await running).toMatchObject({ success: true, response: 'answer of c' });
  });

  it('costs the pair no retry, and a third that fails by itself is retried as ever', async () => {
    vendor.add('a', [proxy()]).add('b', [proxy()]).add('c', [overloaded(), undefined]).add('d');
    expect(await vendor.run({ maxRetries: 1 })).toMatchObject({ success: true, response: 'answer of d' });
  });

  it('walks past eleven keys that a rule condemns, at no cost', async () => {
    for (const name of NAMES.slice(0, 11)) vendor.add(name, [invalid()]);
    vendor.add('l');
    expect(await vendor.run({ maxRetries: 0 })).toMatchObject({ success: true, attemptsMade: 12 });
    expect(new Set(statuses(...NAMES.slice(0, 11)))).toEqual(new Set(['invalid_key']));
    expect([probed, doubts()]).toEqual([[], []]);
  });

  it('leaves the removal of a key that a rule condemned, beside those that the table condemns', async () => {
    vendor.add('a', [invalid()]).add('b', [proxy()]).add('c', [proxy()]).add('d');
    expect(await vendor.run()).toMatchObject({ success: true, response: 'answer of d' });
    expect(statuses('a', 'b', 'c')).toEqual(['invalid_key', 'cooling_down', 'cooling_down']);
  });

  it('leaves what a probe said of the first key meanwhile', async () => {
    vendor.add('a', [proxy()]).add('b', [proxy()]).add('c');
    const { pool } = vendor;
    await vendor.run({}, async (context) => {
      const first = pool.record(vendor.id('a'))!;
      if (context.keyId === vendor.id('b')) {
        await vendor.clock.advance(1);
        pool.leaseForProbe(first).settle('quota_exceeded');
      }
      return vendor.vendor(context);
    });
    expect(statuses('a', 'b')).toEqual(['quota_exceeded', 'cooling_down']);
  });

  it('takes a bare 401 of a vendor whose rules go by the status for what it is', async () => {
    const bare = () => new Fault(401, { detail: 'Unauthorized' });
    start(
      new Harness({
        checker: new VendorHealthChecker('openai', mistral, vendorOf(mistral), 'evidence', new FakeClock()),
      }),
    );
    for (const name of ['a', 'b', 'c', 'd']) vendor.add(name, [bare()]);
    expect(trail(await vendor.run())).toEqual(['invalid_key', 'invalid_key', 'invalid_key']);
    expect(statuses('a', 'b', 'c', 'd')).toEqual(['cooling_down', 'cooling_down', 'cooling_down', 'healthy']);
    expect(probed).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });

  it.each([
    [
      'errorClassification status',
      new VendorHealthChecker('openai', openai, vendorOf(openai), 'status', new FakeClock()),
    ],
    ['a status table of the user’s own', StatusTableHealthChecker.from({ 401: 'invalid_key' })],
  ])('doubts nothing under %s', async (_, checker) => {
    start(new Harness({ checker }));
    for (const name of ['a', 'b', 'c', 'd']) vendor.add(name, [proxy()]);
    vendor.add('e');
    expect(await vendor.run()).toMatchObject({ success: true, response: 'answer of e', attemptsMade: 5 });
    expect(new Set(statuses('a', 'b', 'c', 'd'))).toEqual(new Set(['invalid_key']));
    expect(doubts()).toEqual([]);
  });
});

describe('across calls', () => {
  /** One call that has this key alone. */
  async function callWith(name: string, fault = proxy()): Promise<void> {
    vendor.add(name, [fault]);
    await vendor.run({ maxWaitMs: 0 });
  }

  it('stops removing at the third key within a minute, takes the others back, and says so once', async () => {
    await callWith('a');
    await callWith('b');
    expect(statuses('a', 'b')).toEqual(['invalid_key', 'invalid_key']);
    await vendor.clock.advance(20_000);
    await callWith('c');
    expect(statuses('a', 'b', 'c')).toEqual(['cooling_down', 'cooling_down', 'cooling_down']);
    expect(probed).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    await vendor.clock.advance(50_000);
    await callWith('d');
    expect(statuses('d')).toEqual(['cooling_down']);
    expect(doubts()).toEqual([
      {
        type: 'removals_doubted',
        provider: 'openai',
        at: expect.any(Date),
        by: 'call',
        outcome: 'invalid_key',
        reason: expect.stringContaining('HTTP 401: Unauthorized by the proxy'),
      },
    ]);
  });

  it('removes again when the evidence was not seen for a minute', async () => {
    for (const name of ['a', 'b', 'c']) await callWith(name);
    vendor.pool.delete(vendor.pool.record(vendor.id('a'))!, 'administrator');
    vendor.pool.delete(vendor.pool.record(vendor.id('b'))!, 'administrator');
    vendor.pool.delete(vendor.pool.record(vendor.id('c'))!, 'administrator');
    await vendor.clock.advance(60_000);
    await callWith('d');
    expect(statuses('d')).toEqual(['invalid_key']);
  });

  it('doubts no other words, and no rule', async () => {
    await callWith('a');
    await callWith('b');
    await callWith('c', new Fault(401, { message: 'Key revoked by its owner' }));
    for (const name of ['d', 'e', 'f', 'g']) await callWith(name, invalid());
    expect(new Set(statuses('a', 'b', 'c', 'd', 'e', 'f', 'g'))).toEqual(new Set(['invalid_key']));
    expect(doubts()).toEqual([]);
  });

  it('lets a probe remove a key for the evidence that is in doubt', async () => {
    for (const name of ['a', 'b', 'c']) await callWith(name);
    const refused = { outcome: 'invalid_key', status: 401, decidedBy: 'status_default', tableOnly: true } as const;
    vendor.pool.leaseForProbe(vendor.pool.record(vendor.id('a'))!).settle(refused);
    expect(statuses('a', 'b')).toEqual(['invalid_key', 'cooling_down']);
    // A first removal, as if the doubted ones had not been: it is checked again soon.
    expect(vendor.snapshot('a').recheckAt).toEqual(new Date(vendor.clock.now() + 30_000));
  });

  it('lets a light probe that proves a key end its cooldown', async () => {
    for (const name of ['a', 'b', 'c']) await callWith(name);
    vendor.pool.leaseForProbe(vendor.pool.record(vendor.id('a'))!).settle('ok');
    vendor.pool.leaseForProbe(vendor.pool.record(vendor.id('b'))!).settle({ outcome: 'ok', unproven: true });
    vendor.pool.leaseForProbe(vendor.pool.record(vendor.id('c'))!).settle('network_error');
    expect(statuses('a', 'b', 'c')).toEqual(['healthy', 'cooling_down', 'cooling_down']);
  });
});

it('never shortens a cooldown that a key had before', async () => {
  const until = vendor.clock.now() + 60_000;
  vendor.add('a').add('b').add('c');
  const { pool } = vendor;
  await vendor.run({}, (context) => {
    if (context.keyId === vendor.id('c')) return Promise.resolve('well');
    pool.setState(pool.record(context.keyId)!, { status: 'rate_limited', until }, 'instance', {
      outcome: 'rate_limited',
    });
    return Promise.reject(proxy());
  });
  expect(statuses('a', 'b')).toEqual(['rate_limited', 'rate_limited']);
  expect(vendor.snapshot('a').cooldownUntil).toEqual(new Date(until));
});

it('late answers of calls with a key that is in doubt do not remove it', async () => {
  vendor.add('a', [proxy()]).add('b', [proxy()]).add('c');
  const others = new Set([vendor.id('b'), vendor.id('c')]);
  let late: PoolLease | undefined;
  await vendor.run({}, (context) => {
    if (context.keyId === vendor.id('a')) late = vendor.pool.lease({ exclude: others });
    return vendor.vendor(context);
  });
  late!.settle({ outcome: 'invalid_key', status: 401, reason: 'Unauthorized by the proxy', tableOnly: true });
  expect(statuses('a', 'b')).toEqual(['cooling_down', 'cooling_down']);
});
