import { CONSEQUENCES, type Outcome } from '../vendors/contract/outcome';
import { CallBatcher, type CallEnd } from '../pool/call-batches';
import { ProviderWatch } from './provider-watch';
import type { ProviderAssessment } from './provider-state';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 1);

class Watched {
  now = START;
  readonly watch = new ProviderWatch('openai', () => this.now);
  readonly #log = new CallBatcher(
    () => undefined,
    () => this.now,
  );

  constructor() {
    this.#log.observe([this.watch.facts]);
  }

  ended(end: CallEnd, times = 1, model?: string): void {
    for (let time = 0; time < times; time += 1) this.#log.ended(end === 'ok', 1, 5, model, end);
    this.#log.flush();
  }

  /** What is announced of the state. */
  saw(state: ProviderAssessment['state']): string | undefined {
    const verdict = { state, reason: 'So it is.' };
    this.watch.saw(verdict, this.now);
    return this.watch.announcement(verdict, this.now)?.type;
  }
}

describe('F1: what is known of a provider’s calls', () => {
  it('counts what speaks against the provider, and no fault of the caller', () => {
    const watched = new Watched();
    const against: Outcome[] = ['invalid_key', 'rate_limited', 'server_error', 'timeout', 'unknown', 'region_blocked'];
    const not: Outcome[] = ['ok', 'bad_request', 'content_blocked', 'config_error', 'model_unavailable'];
    for (const end of [...against, ...not, 'no_key'] as const) watched.ended(end);
    expect(watched.watch.facts.window()).toEqual({
      calls: against.length + not.length + 1,
      failures: against.length + 1,
    });
    // A call that was given up says nothing, but somebody called.
    watched.now += 6 * MINUTE;
    watched.ended('cancelled');
    expect(watched.watch.facts.window()).toEqual({ calls: 0, failures: 0 });
    expect(watched.watch.facts.lastCallAt).toBe(watched.now);
    expect(CONSEQUENCES.cancelled.fault).toBe('caller');
  });

  it('forgets calls after five minutes, and models after an hour', () => {
    const watched = new Watched();
    watched.ended('server_error', 300, 'a');
    watched.now += 4 * MINUTE;
    watched.ended('ok', 1, 'b');
    expect(watched.watch.facts.window()).toEqual({ calls: 301, failures: 300 });
    watched.now += MINUTE;
    expect(watched.watch.facts.window()).toEqual({ calls: 1, failures: 0 });
    expect(watched.watch.facts.models()).toEqual(['a', 'b']);
    watched.now += 55 * MINUTE;
    expect(watched.watch.facts.models()).toEqual(['b']);
  });

  it('remembers few of the models that callers make up, and the one in use among them', () => {
    const watched = new Watched();
    for (let n = 0; n < 500; n += 1) {
      watched.now += 10;
      watched.ended('ok', 1, 'in-use');
      watched.ended('model_unavailable', 1, `made-up-${n}`);
    }
    expect(watched.watch.facts.models()).toHaveLength(32);
    expect(watched.watch.facts.models()).toContain('in-use');
  });
});

describe('F1: what is announced of a provider', () => {
  it('says once that it fails, and that it has recovered when it has been well for a minute', () => {
    const watched = new Watched();
    watched.ended('server_error');
    expect([watched.saw('failing'), watched.saw('failing'), watched.saw('no_usable_key')]).toEqual([
      'provider_failing',
      undefined,
      undefined,
    ]);
    expect(watched.saw('degraded')).toBeUndefined();
    watched.now += MINUTE;
    expect(watched.saw('serving')).toBe('provider_recovered');
    expect(watched.saw('serving')).toBeUndefined();
  });

  it('writes no walls of events where it flaps', () => {
    const watched = new Watched();
    const said: string[] = [];
    // For an hour: ten seconds of trouble, then 80 of calm, which is longer than the first calm that is waited for.
    for (let second = 0; second < 3_600; second += 10, watched.now += 10_000) {
      watched.ended('ok');
      const event = watched.saw(second % 90 === 0 ? 'failing' : 'serving');
      if (event) said.push(event);
    }
    expect(said).toEqual(['provider_failing', 'provider_recovered', 'provider_failing']);
    expect(watched.watch.isTroubled).toBe(true);
  });

  it('says nothing of a provider that nobody calls', () => {
    const watched = new Watched();
    expect(watched.saw('no_usable_key')).toBeUndefined();
    watched.ended('no_key');
    expect(watched.saw('no_usable_key')).toBe('provider_failing');
  });

  it('takes a pause neither for trouble nor for its end', () => {
    const watched = new Watched();
    watched.ended('server_error');
    expect(watched.saw('failing')).toBe('provider_failing');
    for (let minute = 0; minute < 60; minute += 1, watched.now += MINUTE) expect(watched.saw('paused')).toBeUndefined();
    expect(watched.watch.isTroubled).toBe(true);
    expect(watched.saw('serving')).toBeUndefined();
    watched.now += MINUTE;
    expect(watched.saw('serving')).toBe('provider_recovered');
  });

  it('judges anew after a pause: what was refused meanwhile does not count', () => {
    const watched = new Watched();
    watched.ended('no_key', 50);
    watched.watch.facts.judgeAnew();
    expect(watched.watch.facts.window()).toEqual({ calls: 0, failures: 0 });
    expect(watched.watch.facts.lastFailure).toBeUndefined();
    expect(watched.watch.facts.lastCallAt).toBe(watched.now);
    watched.ended('ok', 2);
    expect(watched.watch.facts.window()).toEqual({ calls: 2, failures: 0 });
  });

  it('says of a pause since when it is, also where it hears of that late', () => {
    const { watch } = new Watched();
    expect(watch.saw({ state: 'paused', reason: '', since: 10 }, 40)).toBe(10);
    expect(watch.saw({ state: 'paused', reason: '', since: 5 }, 50)).toBe(5);
  });

  it('knows since when it is in its state', () => {
    const { watch } = new Watched();
    expect(watch.saw({ state: 'serving', reason: '' }, 10)).toBe(10);
    expect(watch.saw({ state: 'serving', reason: '' }, 20)).toBe(10);
    expect(watch.saw({ state: 'failing', reason: '' }, 30)).toBe(30);
    expect(watch.saw({ state: 'idle', reason: '', since: 25 }, 40)).toBe(25);
  });
});
