import { keyStoreContract } from '../contract/key-store.contract';
import { MemoryKeyStore } from './memory-key-store';

const create = async () => ({
  store: new MemoryKeyStore(),
  again: () => new MemoryKeyStore(),
  cleanup: async () => undefined,
});

describe('MemoryKeyStore', () => {
  keyStoreContract({ describe, it }, { create }, { shared: false, survivesRestart: false });

  it('measures the time of locks by the clock it is given', async () => {
    let now = 1_000;
    const store = new MemoryKeyStore({ clock: { now: () => now } });
    await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
    await store.lock('job', 'one', 500);
    now = 1_499;
    expect(await store.lock('job', 'two', 500)).toBe(false);
    now = 1_500;
    expect(await store.lock('job', 'two', 500)).toBe(true);
  });
});
