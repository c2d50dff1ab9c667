import type { ProviderFigures } from '../api/types';
import type { KeyGroup } from './key-groups';
import { troubleFirst, troubleOf } from './trouble';

const NOW = Date.parse('2026-11-28T03:00:00Z');
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

const WELL = {
  state: 'serving',
  state_reason: '38 calls in the last five minutes, and none failed by a fault of the vendor or the keys.',
  state_since: at(-10),
  state_until: null,
  called: true,
  held_back: false,
  removals_doubted: false,
  judged: { calls: 38, failures: 0 },
  unserved_models: [],
  failure_reasons: [],
  summary: { total_keys: 6 },
} as unknown as ProviderFigures;

const group = (status: KeyGroup['status'], reason: string, keys: number, place?: string): KeyGroup => ({
  status,
  reason,
  keys,
  place,
});
const QUOTA = group('quota_exceeded', 'insufficient_quota: You exceeded your current quota', 6);

const of = (changes: Partial<ProviderFigures>, ...groups: KeyGroup[]) => troubleOf({ ...WELL, ...changes }, groups);

it('there is none where all goes well', () => {
  expect(of({})).toBeUndefined();
  expect(of({ state: 'idle', called: false })).toBeUndefined();
  // What an administrator switched off, and what cools down beside others that serve, is none.
  expect(of({}, group('disabled', '', 2), group('rate_limited', 'slow down', 1))).toBeUndefined();
});

it('total outage of the vendor: in its words, with its status, and when single calls try again', () => {
  const failure_reasons = [
    {
      reason: 'server_error: The server had an error, request req_0a1b2c3d',
      status: 500,
      outcome: 'server_error',
      calls: 12,
    },
    {
      reason: 'server_error: The server had an error, request req_9f8e7d6c',
      status: 500,
      outcome: 'server_error',
      calls: 8,
    },
  ] as const;
  expect(
    of({
      state: 'failing',
      judged: { calls: 49, failures: 49 },
      held_back: true,
      state_until: at(1),
      failure_reasons: [...failure_reasons],
    }),
  ).toEqual({
    gravity: 'nobody',
    what: '49 of 49 calls in the last 5 minutes failed, and the circuit breaker holds calls back',
    said: ['The vendor says: server_error (HTTP 500) – “The server had an error, request …”'],
    since: NOW - 600_000,
    back: { at: NOW + 60_000, what: 'Single calls try again' },
    advice: "It is the vendor's own trouble: see its status page, and pause it where callers can go elsewhere.",
    remedies: ['pause', 'check'],
  });
});

it('failing for several reasons: says how many of the latest, the most frequent first', () => {
  const trouble = of({
    state: 'failing',
    judged: { calls: 40, failures: 30 },
    failure_reasons: [
      { reason: 'connect ECONNREFUSED', status: null, outcome: 'network_error', calls: 15 },
      { reason: null, status: 529, outcome: 'overloaded', calls: 5 },
    ],
  });
  expect(trouble).toMatchObject({
    what: '30 of 40 calls in the last 5 minutes failed',
    said: ['15 of the latest 20: connect ECONNREFUSED', '5 of the latest 20: overloaded (HTTP 529)'],
    back: undefined,
    remedies: ['check', 'pause'],
  });
  expect(trouble!.advice).toContain('network, proxy, DNS');
});

it('failing while failed calls are not kept, or none is counted', () => {
  expect(of({ state: 'failing', judged: { calls: 9, failures: 9 } })).toMatchObject({
    said: [],
    remedies: ['check', 'show'],
  });
  expect(of({ state: 'failing', judged: { calls: 0, failures: 0 } })).toMatchObject({
    what: 'Nearly every request failed lately',
  });
});

it('out of quota: when the first key is checked again, and that the account is to be topped up', () => {
  expect(
    of({ state: 'no_usable_key', unserved_models: [{ model: 'gpt-5', until: at(30), ends: 'recheck' }] }, QUOTA),
  ).toMatchObject({
    gravity: 'nobody',
    what: 'None of its 6 keys can be used',
    said: ['6 keys: insufficient_quota – “You exceeded your current quota”'],
    back: { at: NOW + 30 * 60_000, what: 'The first key is checked again' },
    advice: 'Top up the account and check the keys then, or add keys of another account.',
    remedies: ['check', 'add'],
  });
});

it('all keys invalid, and others for other reasons: the largest groups by name, the rest by number', () => {
  const trouble = of(
    {
      state: 'no_usable_key',
      unserved_models: [{ model: null, until: null, ends: null }],
      summary: { ...WELL.summary, total_keys: 12 },
    },
    group('invalid_key', 'Incorrect API key provided: ….', 5),
    group('quota_exceeded', 'insufficient_quota: You exceeded your quota', 3),
    group('disabled', '', 2),
    group('unchecked', '', 1),
    group('invalid_key', 'account_deactivated', 1),
  );
  expect(trouble).toMatchObject({
    said: [
      '5 keys: Incorrect API key provided: …',
      '3 keys: insufficient_quota',
      '2 keys: disabled',
      '2 keys for other reasons',
    ],
    back: undefined,
    remedies: ['add', 'check'],
  });
});

it('a cooldown of a whole model: names it, and says when the first key is back', () => {
  const unserved_models: ProviderFigures['unserved_models'] = [
    { model: 'gpt-5', until: at(9), ends: 'cooldown' },
    { model: 'o4', until: at(4), ends: 'cooldown' },
  ];
  const limited = group('cooling_down', 'rate limited', 3, 'gpt-5');
  expect(of({ state: 'no_usable_key', unserved_models: [unserved_models[0]!] }, limited)).toMatchObject({
    what: 'No key can serve gpt-5, the only model that is called',
    said: ['3 keys: rate limited for gpt-5'],
    back: { at: NOW + 9 * 60_000, what: 'The first key is back' },
    advice: 'Wait, or add keys of another account, which would serve at once.',
  });
  expect(of({ state: 'no_usable_key', unserved_models }, limited)).toMatchObject({
    what: 'No key can serve any model that is called (gpt-5, o4)',
    back: { at: NOW + 4 * 60_000 },
  });
  // Others are served.
  expect(
    of({ state: 'degraded', unserved_models: [unserved_models[0]!] }, limited, group('cooling_down', 'x', 1, 'o4')),
  ).toMatchObject({
    gravity: 'some',
    what: 'No key can serve gpt-5',
    said: ['3 keys: rate limited for gpt-5'],
  });
});

it('names few of many models', () => {
  const unserved_models = ['a', 'b', 'c', 'd', 'e'].map((model) => ({ model, until: null, ends: null }));
  expect(of({ state: 'no_usable_key', unserved_models })).toMatchObject({
    what: 'No key can serve any model that is called (a, b, c and 2 more)',
    remedies: ['show', 'check'],
  });
});

it('without keys: it is an emergency only where it is called', () => {
  const keyless = { state: 'no_usable_key', summary: { ...WELL.summary, total_keys: 0 } } as const;
  expect(of(keyless)).toMatchObject({
    gravity: 'nobody',
    what: 'It is called and has no keys, so every call is refused',
    remedies: ['add'],
  });
  expect(of({ ...keyless, called: false })).toMatchObject({ gravity: 'note', what: 'It has no keys' });
});

it('paused: until when, where that is known', () => {
  expect(of({ state: 'paused', state_until: at(15) })).toMatchObject({
    gravity: 'nobody',
    what: 'An administrator paused it, and every call is refused',
    back: { at: NOW + 15 * 60_000, what: 'It resumes by itself' },
    remedies: ['resume'],
  });
  expect(of({ state: 'paused' })!.back).toBeUndefined();
});

it('the store away: as the server says it, with nothing to press', () => {
  const state_reason = 'The redis store is away, so other instances do not hear of changes.';
  expect(of({ state: 'degraded', state_reason })).toMatchObject({
    gravity: 'some',
    what: 'The redis store is away, so other instances do not hear of changes',
    advice: 'Bring the store back; until then its keys serve calls as before.',
    remedies: [],
  });
});

it('some calls fail', () => {
  const failure_reasons: ProviderFigures['failure_reasons'] = [
    { reason: 'Overloaded', status: 529, outcome: 'overloaded', calls: 4 },
  ];
  expect(of({ state: 'degraded', judged: { calls: 40, failures: 4 }, failure_reasons })).toMatchObject({
    gravity: 'some',
    what: '4 of 40 calls in the last 5 minutes failed',
    said: ['The vendor says: Overloaded (HTTP 529)'],
  });
});

it('keys that are out beside others that serve are worth a look', () => {
  expect(of({}, { ...QUOTA, keys: 2 })).toMatchObject({
    gravity: 'note',
    what: '2 of its 6 keys are out of the pool',
    said: ['2 keys: insufficient_quota – “You exceeded your current quota”'],
    remedies: ['check', 'add'],
  });
  expect(of({}, { ...QUOTA, keys: 1 })!.what).toBe('1 of its 6 keys is out of the pool');
  const disabled = { ...QUOTA, status: 'disabled', reason: '', keys: 3 } as const;
  expect(of({}, { ...QUOTA, keys: 2 }, disabled)).toMatchObject({
    what: '5 of its 6 keys are out of the pool',
    said: ['2 keys: insufficient_quota – “You exceeded your current quota”', '3 keys: disabled'],
    remedies: ['check', 'add'],
  });
  expect(of({}, disabled)).toBeUndefined();
});

it('a refusal that several keys met is told whatever the state is', () => {
  const said = 'Several keys met one and the same refusal, so no key is removed for it, and probes decide';
  expect(of({ removals_doubted: true })).toMatchObject({ gravity: 'note', what: said, said: [], remedies: ['check'] });
  expect(of({ removals_doubted: true, state: 'degraded', judged: { calls: 9, failures: 3 } })!.said).toEqual([said]);
});

it('trouble stands first, the gravest before all, and what is paused after what broke; otherwise all stays as it was', () => {
  const entry = (name: string, changes: Partial<ProviderFigures>) => {
    const figures = { ...WELL, ...changes };
    return { name, figures, trouble: troubleOf(figures, []) };
  };
  const providers = [
    entry('idle', { state: 'idle', called: false }),
    entry('well', {}),
    entry('keyless, not called', { state: 'no_usable_key', called: false }),
    entry('degraded', { state: 'degraded' }),
    entry('well, too', {}),
    entry('paused', { state: 'paused' }),
    entry('failing', { state: 'failing' }),
    entry('no usable key', { state: 'no_usable_key' }),
  ];
  expect(troubleFirst(providers).map(({ name }) => name)).toEqual([
    'failing',
    'no usable key',
    'paused',
    'degraded',
    'keyless, not called',
    'well',
    'well, too',
    'idle',
  ]);
});
