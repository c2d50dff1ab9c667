import { CallBatcher, type CallEnd } from '../../pool/call-batches';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './measures';
import { ModelCalls } from './model-calls';
import { windowRange } from './windows';

const START = Date.parse('2026-11-28T03:10:30Z');

let now: number;
let counts: ModelCalls;
let batcher: CallBatcher;
beforeEach(() => {
  now = START;
  counts = new ModelCalls();
  batcher = new CallBatcher(
    () => undefined,
    () => now,
  );
  batcher.observe([counts]);
});

function call(model: string | undefined, end: CallEnd = 'ok', times = 1): void {
  for (let time = 0; time < times; time += 1) batcher.ended(end === 'ok', 1, 10, model, end);
  batcher.flush();
}

it('counts what the provider could have served, by model, the one with the most calls first', () => {
  call('gpt-5', 'ok', 2);
  call('gpt-5', 'bad_request');
  call('gpt-5', 'cancelled');
  call(undefined, 'ok', 5);
  call(undefined, 'no_key', 2);
  call(undefined, 'server_error');
  expect(counts.within(windowRange('5m', now))).toEqual([
    { model: undefined, calls: 8, failures: 3, refused: 2 },
    { model: 'gpt-5', calls: 2, failures: 0, refused: 0 },
  ]);
});

it('leaves out what lies before the window, and forgets what lies before all of them', () => {
  call('gpt-5');
  const callsIn = (name: '5m' | '1h' | '24h' | '30d'): number => counts.within(windowRange(name, now))[0]?.calls ?? 0;
  const all = (): number[] => [callsIn('5m'), callsIn('1h'), callsIn('24h'), callsIn('30d')];
  expect(all()).toEqual([1, 1, 1, 1]);
  now = START + 7 * MINUTE_MS;
  expect(all()).toEqual([0, 1, 1, 1]);
  now = START + 2 * HOUR_MS;
  call('gpt-5');
  expect(all()).toEqual([1, 1, 2, 2]);
  now = START + 26 * HOUR_MS;
  expect(all()).toEqual([0, 0, 1, 2]);
  now = START + 40 * DAY_MS;
  call('gpt-5');
  expect(all()).toEqual([1, 1, 1, 1]);
});

it('remembers the models that were called latest, however many callers name', () => {
  for (let n = 0; n < 40; n += 1) call(`made-up-${n}`);
  const named = counts.within(windowRange('1h', now)).map(({ model }) => model);
  expect(named).toHaveLength(32);
  expect(named).toContain('made-up-39');
  expect(named).not.toContain('made-up-7');
});
