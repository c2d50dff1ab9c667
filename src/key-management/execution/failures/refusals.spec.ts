import { badRequest, errorOf, Fault, Harness, limited, noModel, trail } from '../../../../test/execution/harness';
import { CallRejectedError } from '../../errors';

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
