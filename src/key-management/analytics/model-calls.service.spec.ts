import { CallBatcher } from '../pool/call-batches';
import type { PoolObserver } from '../pool/key-events';
import { ModelCallsService } from './model-calls.service';
import { windowRange } from './series/windows';

const NOW = Date.parse('2026-11-28T03:10:30Z');

it('forgets the calls of a pool that is closed', () => {
  let observer: Partial<PoolObserver> = {};
  const batchers = new Map<string, CallBatcher>();
  const service = new ModelCallsService(
    {
      observe: (given: Partial<PoolObserver>) => {
        observer = given;
        return () => undefined;
      },
      flushCalls: () => batchers.forEach((each) => each.flush()),
    },
    { now: () => NOW },
  );
  for (const provider of ['customer-1', 'customer-2']) {
    const batcher = new CallBatcher(
      () => undefined,
      () => NOW,
    );
    batcher.observe([observer.callsOf!(provider)]);
    batcher.ended(true, 1, 10, 'gpt-5');
    batchers.set(provider, batcher);
  }
  const range = windowRange('5m', NOW);
  expect(service.within('customer-1', range)).toMatchObject([{ model: 'gpt-5', calls: 1 }]);
  observer.poolClosed!('customer-1');
  expect(service.within('customer-1', range)).toEqual([]);
  expect(service.within('customer-2', range)).toMatchObject([{ model: 'gpt-5', calls: 1 }]);
});
