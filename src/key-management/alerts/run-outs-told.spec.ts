import { RunOutsTold } from './run-outs-told';

describe('RunOutsTold', () => {
  const told = new RunOutsTold({ own: () => undefined, put: () => undefined, setAside: () => undefined }, () => false);
  const names = (): string[] => [...told.known()].map(({ doc }) => doc);

  it('forgets a closed pool, but not what was told of it', () => {
    told.set('customer-1', 'budget', undefined);
    told.set('customer-2', 'budget', 24);
    for (const provider of ['customer-1', 'customer-2', 'customer-3']) told.poolClosed(provider);
    expect(names()).toEqual(['run-outs/customer-2']);
    expect(told.of('customer-2', 'budget')).toBe(24);
    told.set('customer-2', 'budget', undefined);
    told.poolClosed('customer-2');
    expect(names()).toEqual([]);
  });
});
