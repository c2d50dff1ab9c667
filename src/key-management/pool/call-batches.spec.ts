import { eachCall } from '../../../test/support/each-call';
import { TestPool } from '../../../test/support/pool';
import type { CallBatch } from './call-batches';
import { UsedKeys } from './key/used-keys';

const listener = () => ({ leaseSettled: jest.fn(), callEnded: jest.fn() });

describe('CallBatcher', () => {
  it('delivers everything to all observers once, in order, when it is flushed', () => {
    const test = new TestPool();
    const record = test.add(1);
    const [first, second] = [listener(), listener()];
    test.pool.calls.observe([first, second].map(eachCall));
    const lease = test.pool.lease()!;
    test.clock.skip(20);
    lease.settle('ok');
    test.pool.calls.ended(true, 1, 20);
    test.pool.lease()!.settle('rate_limited');
    expect(first.leaseSettled).not.toHaveBeenCalled();
    test.pool.calls.flush();
    test.pool.calls.flush();
    for (const { leaseSettled, callEnded } of [first, second]) {
      expect(leaseSettled.mock.calls).toEqual([
        [record, 'ok', 20, 'call'],
        [record, 'rate_limited', 0, 'call'],
      ]);
      expect(callEnded.mock.calls).toEqual([[true, 1, 20]]);
    }
  });

  it('holds no key once it was delivered', () => {
    const test = new TestPool();
    const record = test.add(1);
    let delivered: CallBatch | undefined;
    test.pool.calls.observe([{ onCallBatch: (batch) => void (delivered = batch) }]);
    test.pool.lease()!.settle('ok');
    test.pool.delete(record, 'administrator');
    test.pool.calls.flush();
    expect(delivered?.records).not.toContain(record);
  });

  it('loses nothing to those who come late or go, and delivers unasked before it grows', () => {
    const test = new TestPool();
    test.add(1);
    const [first, second] = [listener(), listener()];
    test.pool.calls.observe([eachCall(first)]);
    const calls = 1_000;
    for (let call = 0; call < calls; call += 1) {
      test.pool.lease()!.settle('ok');
      test.pool.calls.ended(true, 1, 0);
    }
    expect(first.leaseSettled.mock.calls.length).toBeGreaterThan(calls / 2);
    test.pool.calls.observe([eachCall(second)]);
    expect(first.leaseSettled).toHaveBeenCalledTimes(calls);
    expect(first.callEnded).toHaveBeenCalledTimes(calls);
    test.pool.calls.flush();
    expect(second.leaseSettled).not.toHaveBeenCalled();
  });
});

describe('UsedKeys', () => {
  it('holds each key once until taken, whatever other lists do', () => {
    const [a, b] = new TestPool().addMany(2);
    const [mine, yours] = [new UsedKeys(1), new UsedKeys(2)];
    for (const record of [a!, b!, a!]) mine.add(record);
    yours.add(a!);
    expect([mine.length, yours.length]).toEqual([2, 1]);
    expect(mine.take()).toEqual([a, b]);
    mine.add(a!);
    expect([mine.take(), mine.take(), yours.take()]).toEqual([[a], [], [a]]);
  });
});
