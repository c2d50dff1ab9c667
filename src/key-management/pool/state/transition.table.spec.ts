import { settlementFor } from '../../../../test/support/settlement-for';
import { OUTCOMES, type Outcome } from '../../vendors/contract/outcome';
import { HEALTHY, UNCHECKED, UNPROVEN, type KeyState, type FailureStreak } from '../key/key-state';
import type { SettledOutcome, Source } from './settlement';
import { transition, type Transition } from './transition';

const NOW = Date.UTC(2026, 9, 1);
const S = 1_000;
const M = 60 * S;
const H = 60 * M;

const limited: KeyState = { status: 'rate_limited', until: NOW + 10 * S };
const coolingDown: KeyState = { status: 'cooling_down', until: NOW + H };
const invalid: KeyState = { status: 'invalid_key', recheckAt: NOW };
const spent: KeyState = { status: 'quota_exceeded', recheckAt: NOW };
const STATES = { unchecked: UNCHECKED, healthy: HEALTHY, unproven: UNPROVEN, limited, coolingDown, invalid, spent };
type StateName = keyof typeof STATES;

const after = (
  state: KeyState,
  settled: SettledOutcome,
  source: Source = 'call',
  failureStreak?: FailureStreak,
  startedAt = NOW,
): Transition => transition(state, settlementFor(settled), { source, now: NOW, startedAt, failureStreak });

/** What a settlement makes of a state: `=` the same, a state by name, or a status with its time from now. */
type Expected = '=' | 'healthy' | 'unproven' | readonly [KeyState['status'], number];

const REMOVED_INVALID: Expected = ['invalid_key', 30 * S];
const REMOVED_SPENT: Expected = ['quota_exceeded', 5 * M];
const LIMITED: Expected = ['rate_limited', 2 * S];
const RESTS_BRIEFLY: Expected = ['cooling_down', 10 * S];
const ASKED_AGAIN_INVALID: Expected = ['invalid_key', 30 * S];
const ASKED_AGAIN_SPENT: Expected = ['quota_exceeded', 30 * S];

const STATE_NAMES: readonly StateName[] = [
  'unchecked',
  'healthy',
  'unproven',
  'limited',
  'coolingDown',
  'invalid',
  'spent',
];
type Row = readonly [Expected, Expected, Expected, Expected, Expected, Expected, Expected];

const NOTHING: Row = ['=', '=', '=', '=', '=', '=', '='];
// Columns: unchecked, healthy, unproven, limited (10 s to go), cooling_down (1 h to go), invalid, spent
const REMOVES: Record<'invalid_key' | 'quota_exceeded', Row> = {
  invalid_key: Array<Expected>(7).fill(REMOVED_INVALID) as unknown as Row,
  quota_exceeded: Array<Expected>(7).fill(REMOVED_SPENT) as unknown as Row,
};
const CALLS: Record<Outcome, Row> = {
  ok: ['=', '=', 'healthy', '=', '=', '=', '='],
  ...REMOVES,
  rate_limited: [LIMITED, LIMITED, LIMITED, '=', '=', '=', '='],
  // What is not placed cools the key down for 10 s; the limited one cools down as long already.
  permission_denied: [RESTS_BRIEFLY, RESTS_BRIEFLY, RESTS_BRIEFLY, '=', '=', '=', '='],
  model_unavailable: [RESTS_BRIEFLY, RESTS_BRIEFLY, RESTS_BRIEFLY, '=', '=', '=', '='],
  region_blocked: NOTHING,
  request_exceeds_key_limit: NOTHING,
  bad_request: NOTHING,
  content_blocked: NOTHING,
  config_error: NOTHING,
  overloaded: NOTHING,
  server_error: NOTHING,
  network_error: NOTHING,
  timeout: NOTHING,
  cancelled: NOTHING,
  unknown: NOTHING,
};

const SAYS_NOTHING: Row = ['unproven', '=', '=', '=', '=', ASKED_AGAIN_INVALID, ASKED_AGAIN_SPENT];
const PROVES: Row = ['healthy', '=', 'healthy', '=', '=', 'healthy', 'healthy'];
const PROBES: Record<Outcome, Row> = {
  ok: PROVES,
  ...REMOVES,
  rate_limited: [LIMITED, LIMITED, LIMITED, '=', '=', ASKED_AGAIN_INVALID, ASKED_AGAIN_SPENT],
  permission_denied: PROVES,
  model_unavailable: PROVES,
  request_exceeds_key_limit: PROVES,
  content_blocked: PROVES,
  region_blocked: SAYS_NOTHING,
  bad_request: SAYS_NOTHING,
  config_error: SAYS_NOTHING,
  overloaded: SAYS_NOTHING,
  server_error: SAYS_NOTHING,
  network_error: SAYS_NOTHING,
  timeout: SAYS_NOTHING,
  cancelled: SAYS_NOTHING,
  unknown: SAYS_NOTHING,
};

function expectedState(state: KeyState, expected: Expected): KeyState {
  if (expected === '=') return state;
  if (expected === 'healthy') return HEALTHY;
  if (expected === 'unproven') return UNPROVEN;
  const [status, ms] = expected;
  const time = NOW + ms;
  return (status === 'invalid_key' || status === 'quota_exceeded'
    ? { status, recheckAt: time }
    : { status, until: time }) as unknown as KeyState;
}

const TABLE = (
  [
    ['call', CALLS],
    ['probe', PROBES],
  ] as const
).flatMap(([source, rows]) =>
  OUTCOMES.flatMap((outcome) =>
    STATE_NAMES.map((name, column) => [source, outcome, name, rows[outcome][column]!] as const),
  ),
);

describe('transition, case by case', () => {
  it.each(TABLE)('%s: %s, from %s: %j', (source, outcome, name, expected) => {
    const state = STATES[name];
    expect(after(state, outcome, source).state).toEqual(expectedState(state, expected));
  });
});
