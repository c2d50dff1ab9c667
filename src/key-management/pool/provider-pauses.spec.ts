import { FakeClock } from '../../../test/support/fake-clock';
import type { KeyEvent } from './key-events';
import { pauseReason, ProviderPauses } from './provider-pauses';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('ProviderPauses', () => {
  let clock: FakeClock;
  let events: KeyEvent[];
  let pauses: ProviderPauses;
  beforeEach(() => {
    clock = new FakeClock();
    events = [];
    pauses = new ProviderPauses(clock, (_pause, event) => events.push(event));
  });
  const pause = (until: number, by: 'administrator' | 'instance' = 'administrator'): void =>
    pauses.set('openai', { since: clock.now(), until }, by);

  it('holds until it is resumed, whatever the time', async () => {
    const since = clock.now();
    pause(Infinity);
    await clock.advance(400 * DAY);
    expect(pauses.get('openai')).toEqual({ since, until: Infinity });
    pauses.set('openai', undefined, 'administrator');
    expect(pauses.get('openai')).toBeUndefined();
    expect(events.map(({ type, by }) => [type, by])).toEqual([
      ['provider_paused', 'administrator'],
      ['provider_resumed', 'administrator'],
    ]);
    expect(events[0]).toMatchObject({ state: 'paused', reason: pauseReason('openai', { since, until: Infinity }) });
    expect(events[0]).not.toHaveProperty('until');
    expect(events[1]).toMatchObject({ since: new Date(since) });
  });

  it('is forgotten with its pool, and no event tells of it', async () => {
    pause(clock.now() + DAY);
    pauses.forget('openai');
    expect(pauses.get('openai')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(2 * DAY);
    expect(events.map(({ type }) => type)).toEqual(['provider_paused']);
  });

  it('is over by itself at its end, also after months', async () => {
    const until = clock.now() + 60 * DAY;
    pause(until);
    await clock.advance(60 * DAY - 1);
    expect(pauses.get('openai')).toBeDefined();
    expect(events).toHaveLength(1);
    await clock.advance(1);
    expect(pauses.get('openai')).toBeUndefined();
    expect(events[1]).toMatchObject({ type: 'provider_resumed', by: 'time', at: new Date(until) });
  });

  it('gets another end, and says nothing of one that is the same', async () => {
    pause(clock.now() + HOUR);
    pause(clock.now() + HOUR);
    expect(events).toHaveLength(1);
    pause(clock.now() + 2 * HOUR, 'instance');
    expect(events[1]).toMatchObject({
      type: 'provider_paused',
      by: 'instance',
      until: new Date(clock.now() + 2 * HOUR),
    });
    await clock.advance(HOUR);
    expect(pauses.get('openai')).toBeDefined();
    pause(Infinity);
    await clock.advance(DAY);
    expect(pauses.get('openai')).toBeDefined();
  });

  it('takes no pause that is over, and resumes by one', () => {
    pause(clock.now());
    expect([pauses.get('openai'), events]).toEqual([undefined, []]);
    pause(clock.now() + HOUR);
    pause(clock.now() - 1);
    expect(pauses.get('openai')).toBeUndefined();
    expect(events).toHaveLength(2);
  });

  it('lets go of its timers', async () => {
    pause(clock.now() + HOUR);
    pauses.close();
    await clock.advance(DAY);
    expect(events).toHaveLength(1);
    expect(pauses.get('openai')).toBeUndefined();
  });
});
