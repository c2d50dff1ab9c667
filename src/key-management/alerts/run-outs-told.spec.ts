import { RunOutsTold } from './run-outs-told';

describe('RunOutsTold', () => {
  const told = new RunOutsTold({ own: () => undefined, put: () => undefined, setAside: () => undefined });
  const names = (): string[] => [...told.known()].map(({ doc }) => doc);

  it('forgets what was told of a provider, for its document has it', () => {
    told.set('customer-1', 'budget', undefined);
    told.set('customer-2', 'budget', 24);
    const [first] = told.known();
    told.forget(told.providerOf(first!.doc));
    expect(names()).toEqual(['run-outs/customer-2']);
    expect(told.of('customer-1', 'budget')).toBeUndefined();
    expect(told.of('customer-2', 'budget')).toBe(24);
  });
});
