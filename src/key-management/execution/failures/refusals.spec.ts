import { badRequest, errorOf, Fault, Harness, limited, noModel, trail } from '../../../../test/execution/harness';
import type { CheckedClassification } from '../../classification/classification';
import { redactReason } from '../../classification/redaction/redact';
import { CallRejectedError } from '../../errors';
import type { PoolLease } from '../../pool/key-lease';
import { mayBeShared, Refusals } from './refusals';

const AT = '/v1/embeddings';
const scopes = (more = '') =>
  new Fault(403, { message: `You have insufficient permissions for this operation. Missing scopes: model.x.${more}` });
const ipBlocked = () => new Fault(401, { message: 'Your IP is not authorized.', code: 'ip_not_authorized' });

describe('a refusal that another key shares', () => {
  let harness: Harness;
  afterEach(() => {
    harness.expectIdle();
  });
  const idle = (...names: string[]) =>
    names
      .map((name) => harness.snapshot(name))
      .map(({ status, cooldowns, errorCount }) => [status, cooldowns.length, errorCount]);
  const UNTOUCHED = ['healthy', 0, 0];

  it.each([
    ['permission_denied', scopes],
    ['permission_denied', ipBlocked],
    ['model_unavailable', noModel],
  ])('A9: ends the call with the answer of the vendor, and no key pays (%s)', async (outcome, error) => {
    const last = error();
    harness = new Harness().add('a', [error()]).add('b', [last]).add('c').add('d');
    const result = await harness.run({ model: 'm', endpoint: AT });
    expect(errorOf(result)).toBeInstanceOf(CallRejectedError);
    expect(errorOf(result)!.cause).toBe(last);
    expect(trail(result)).toEqual([outcome, outcome]);
    expect(idle('a', 'b', 'c', 'd')).toEqual(Array(4).fill(UNTOUCHED));
  });

  it('A9: twenty keys are there still after five calls to a forbidden endpoint', async () => {
    harness = new Harness();
    const names = Array.from({ length: 20 }, (_, n) => `key${n}`);
    for (const name of names) harness.add(name, [scopes()]);
    for (let n = 0; n < 5; n += 1) await harness.run({ endpoint: AT });
    expect(idle(...names)).toEqual(Array(20).fill(UNTOUCHED));
    expect(harness.called).toHaveLength(10);
  });

  it('A9: is the same though ids and addresses in it differ', async () => {
    const denied = (id: string) =>
      new Fault(403, { message: `Project ${id} may not do this. Missing scopes: x (${id})` });
    harness = new Harness().add('a', [denied('proj_aaa')]).add('b', [denied('proj_B2b')]);
    await harness.run({ endpoint: AT });
    expect(idle('a', 'b')).toEqual([UNTOUCHED, UNTOUCHED]);
  });

  it('A9: is the key’s own where another key serves the call', async () => {
    harness = new Harness().add('a', [scopes()]).add('b');
    const result = await harness.run({ endpoint: AT });
    expect(result).toMatchObject({ success: true, totalTimeMs: 0 });
    expect(harness.snapshot('a')).toMatchObject({ status: 'healthy', errorCount: 1, cooldowns: [{ endpoint: AT }] });
    await harness.run({ endpoint: AT });
    expect(harness.called).toEqual(['a', 'b', 'b']);
  });

  it('A9: is the key’s own where another key is refused in other words', async () => {
    harness = new Harness()
      .add('a', [scopes()])
      .add('b', [scopes(' Ask the owner.')])
      .add('c');
    expect(trail(await harness.run({ endpoint: AT }))).toEqual(['permission_denied', 'permission_denied', 'ok']);
    expect(idle('a', 'b', 'c')).toEqual([['healthy', 1, 1], ['healthy', 1, 1], UNTOUCHED]);
  });

  it('A9: is the key’s own where there is no other key, and the call ends with the answer of the vendor', async () => {
    const error = scopes();
    harness = new Harness().add('a', [error]);
    const result = await harness.run({ endpoint: AT });
    expect(errorOf(result)).toMatchObject({ code: 'CALL_REJECTED', cause: error });
    expect(harness.snapshot('a')).toMatchObject({ status: 'healthy', cooldowns: [{ endpoint: AT }] });
    expect(await harness.run()).toMatchObject({ success: false, error: { code: 'CALL_REJECTED' } });
  });

  it('A9: does not hide what another key says of itself', async () => {
    harness = new Harness()
      .add('a', [scopes()])
      .add('b', [limited(20)])
      .add('c');
    expect(trail(await harness.run({ endpoint: AT, model: 'm' }))).toEqual(['permission_denied', 'rate_limited', 'ok']);
    expect(harness.snapshot('a').cooldowns).toMatchObject([{ endpoint: AT }]);
    expect(harness.snapshot('b').cooldowns).toMatchObject([{ model: 'm' }]);
  });

  it('A13: a call that names no model waits for a key of the one that its refusal names', async () => {
    const error = new Fault(429, {
      code: 'rate_limit_exceeded',
      message: 'Rate limit reached for gpt-x in organization org-1 on requests per min. Please try again in 2s.',
    });
    harness = new Harness().add('a', [error, undefined]);
    const result = await harness.runThrough();
    expect(trail(result)).toEqual(['rate_limited', 'ok']);
    expect(result.attempts[1]!.waitedMs).toBeGreaterThanOrEqual(2_000);
    expect(harness.snapshot('a').status).toBe('healthy');
  });

  it('A9: refuses an endpoint that is no text, in the result', async () => {
    harness = new Harness().add('a', [badRequest()]);
    const result = await harness.run({ endpoint: 7 as never });
    expect(errorOf(result)).toMatchObject({ code: 'CALL_REJECTED', message: expect.stringContaining('endpoint') });
    expect(harness.called).toEqual([]);
  });
});

/** A lease that remembers what was confirmed of its key. */
function leaseOf(keyId: string) {
  const confirmed: unknown[] = [];
  const lease = { keyId, confirm: (failure: unknown, now: number) => confirmed.push([failure, now]) };
  return { lease: lease as unknown as PoolLease, confirmed };
}
const denied = (reason?: string): CheckedClassification => ({
  outcome: 'permission_denied',
  reason: redactReason(reason),
});

describe('Refusals', () => {
  /** Whether the second key's refusal counts as the same as the first key's. */
  const areSame = (first: CheckedClassification, second: CheckedClassification): boolean => {
    const refusals = new Refusals();
    refusals.withhold(leaseOf('a').lease, first);
    return refusals.isShared(leaseOf('b').lease, second);
  };

  it.each([
    ['whatever its case', 'Access denied', 'ACCESS DENIED'],
    ['whatever account it names', 'Not open to org-abc, user_x or req-q', 'Not open to org-b, user_why or req-zz'],
    ['whatever number it names', 'Key 7 may not do this', 'Key 8 may not do this'],
    ['whatever word with digits it names', 'Denied to ab1', 'Denied to cde2'],
    ['whatever follows the digits', 'Denied to a1bc', 'Denied to a1def'],
    ['whatever address it names', 'Denied to 10.0.0.1', 'Denied to 192.168.14.25'],
    ['whatever masked key it names', 'Denied to sk-ab***yz', 'Denied to sk-cde****w'],
    ['where the vendor gives no reason', undefined, ''],
  ])('takes a refusal for the same, %s', (_, first, second) => {
    expect(areSame(denied(first), denied(second))).toBe(true);
  });

  it.each([
    ['another scope is missing', 'Missing scopes: model.read', 'Missing scopes: model.write'],
    ['only one of them names an account', 'Denied to .', 'Denied to org-1.'],
    ['only one of them has a reason', undefined, 'no'],
  ])('takes a refusal for another one where %s', (_, first, second) => {
    expect(areSame(denied(first), denied(second))).toBe(false);
  });

  it('takes a refusal of another outcome for another one, though the words are the same', () => {
    expect(areSame({ outcome: 'model_unavailable', reason: redactReason('no') }, denied('no'))).toBe(false);
  });

  it.each(['permission_denied', 'model_unavailable', 'config_error', 'region_blocked'] as const)(
    'lets keys share a refusal by %s',
    (outcome) => {
      expect(areSame({ outcome }, { outcome })).toBe(true);
    },
  );

  it.each(['rate_limited', 'unknown', 'server_error'] as const)('lets no keys share %s', (outcome) => {
    expect(areSame({ outcome }, { outcome })).toBe(false);
  });

  it('does not let a key share a refusal with itself', () => {
    const refusals = new Refusals();
    refusals.withhold(leaseOf('a').lease, denied());
    expect(refusals.isShared(leaseOf('a').lease, denied())).toBe(false);
  });

  it('confirms, once, every refusal that no other key shared', () => {
    const [shared, alone] = [leaseOf('a'), leaseOf('b')];
    const refusals = new Refusals();
    refusals.withhold(shared.lease, denied('forbidden endpoint'));
    refusals.withhold(alone.lease, denied('blocked account'));
    refusals.isShared(leaseOf('c').lease, denied('forbidden endpoint'));
    refusals.confirm(50);
    refusals.confirm(60);
    expect(shared.confirmed).toEqual([]);
    expect(alone.confirmed).toEqual([[denied('blocked account'), 50]]);
  });
});

describe('mayBeShared', () => {
  it('is true of a refusal that costs its key at most a cooldown', () => {
    expect(mayBeShared(denied())).toBe(true);
    expect(mayBeShared({ outcome: 'config_error' })).toBe(true);
  });

  it('is false of a removal, and of what no two keys share', () => {
    expect(mayBeShared({ outcome: 'permission_denied', keyAction: 'remove' })).toBe(false);
    expect(mayBeShared({ outcome: 'invalid_key' })).toBe(false);
    expect(mayBeShared({ outcome: 'rate_limited' })).toBe(false);
  });
});
