import { FakeClock } from '../../../../test/support/fake-clock';
import { SavedWaiters } from './store-writer';

describe('those who wait for a change to be in the store', () => {
  let clock: FakeClock;
  let waiters: SavedWaiters;
  beforeEach(() => {
    clock = new FakeClock();
    waiters = new SavedWaiters('redis', clock);
  });
  afterEach(() => expect(clock.pendingTimers).toBe(0));

  it('wait until nothing of the document is left', async () => {
    const waits = Promise.all([waiters.wait('a'), waiters.wait('a')]);
    let isOver = false;
    void waits.then(() => (isOver = true));
    waiters.written((doc) => doc === 'a');
    await clock.advance(1);
    expect(isOver).toBe(false);
    waiters.written(() => false);
    await waits;
  });

  it('give up after 5 s, saying that the change holds', async () => {
    const failed = expect(waiters.wait('a')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('holds here') as string,
    });
    await clock.advance(5_000);
    await failed;
  });

  it('are let go when the store closes', async () => {
    const failed = expect(waiters.wait('a')).rejects.toMatchObject({ code: 'closed' });
    waiters.close();
    await failed;
  });
});
