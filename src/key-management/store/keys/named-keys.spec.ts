import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { instance, RAW } from '../../../../test/support/store-instance';
import { ApiKey, keyIdOf } from '../../pool/key/api-key';
import type { KeyRecord } from '../../pool/key/key-record';
import { HEALTHY } from '../../pool/key/key-state';

const SECRETS = ['a secret of the test suite'];
const NEXT = 'sk-proj-another-key-9876543210';
const ID = 'team.a_b-1';
const DOC = `keys/openai/${ID}`;

describe('keys with an id of their own over several instances', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });
  const made = (name: string) => instance(cluster, clock, name, SECRETS);
  type Instance = Awaited<ReturnType<typeof made>>;
  const add = ({ pool }: Instance, raw = RAW) => {
    const record = pool.add(new ApiKey(raw, ID), {}, 'runtime', 'administrator');
    pool.leaseForProbe(record).settle('ok');
    return record;
  };
  const keyOf = ({ pool }: Instance) => pool.record(ID)?.key.reveal();

  it('are revived under it by another instance, and by the next start', async () => {
    add(await made('a'));
    await clock.advance(1_000);
    const b = await made('b');
    expect([keyOf(b), b.pools.get('openai', ID)?.status]).toEqual([RAW, 'healthy']);
    expect(b.pool.record(ID)!.key.isNamed).toBe(true);
  });

  it('have their new token on every instance, where it is to be checked', async () => {
    const a = await made('a');
    const b = await made('b');
    const record = add(a);
    await clock.advance(1_000);
    b.pool.lease()!.settle('invalid_key');
    await settle();
    expect(record.status).toBe('invalid_key');
    a.pool.replaceKey(record, new ApiKey(NEXT, ID), 'administrator');
    await clock.advance(1_000);
    expect([keyOf(a), keyOf(b)]).toEqual([NEXT, NEXT]);
    expect(b.pools.get('openai', ID)?.status).toBe('unchecked');
    a.pool.leaseForProbe(record).settle('ok');
    await clock.advance(1_000);
    expect([b, await made('c')].map((each) => [keyOf(each), each.pools.get('openai', ID)?.status])).toEqual([
      [NEXT, 'healthy'],
      [NEXT, 'healthy'],
    ]);
  });

  it('are not condemned by what was found out of the token before', async () => {
    const a = await made('a');
    const old = a.pool.add(new ApiKey(RAW, ID), {}, 'configuration', 'configuration');
    a.pool.leaseForProbe(old).settle('ok');
    for (let n = 0; n < 3; n += 1) a.pool.lease()!.settle('ok');
    a.pool.lease()!.settle('invalid_key');
    await clock.advance(1_000);
    const b = await made('b');
    b.pool.add(new ApiKey(NEXT, ID), {}, 'configuration', 'configuration');
    expect(b.pools.get('openai', ID)).toMatchObject({ status: 'unchecked', successCount: 3 });
    const c = await made('c');
    c.pool.add(new ApiKey(RAW, ID), {}, 'configuration', 'configuration');
    expect(c.pools.get('openai', ID)).toMatchObject({ status: 'invalid_key' });
  });

  it('take the history of the id that was made of a key up, where that id is given to its successor', async () => {
    const id = keyIdOf(RAW);
    const a = await made('a');
    a.add();
    a.pool.lease()!.settle('ok');
    await clock.advance(1_000);
    const b = await made('b');
    b.pool.add(new ApiKey(NEXT, id), {}, 'configuration', 'configuration');
    expect(b.pools.get('openai', id)).toMatchObject({ status: 'unchecked', successCount: 1 });
  });

  it('belong to the configuration where that gives their id, and their stored secret goes', async () => {
    add(await made('a'));
    await clock.advance(1_000);
    const b = await instance(cluster, clock, 'b', SECRETS, [ID]);
    expect(b.pool.record(ID)).toBeUndefined();
    const record = b.pool.add(new ApiKey(NEXT, ID), {}, 'configuration', 'configuration');
    b.keys.reserve([]);
    await clock.advance(1_000);
    expect([record.origin, keyOf(b)]).toEqual(['configuration', NEXT]);
    expect(record.status).toBe('unchecked');
  });

  it('with short-lived tokens share their state, but neither tokens nor what was found out of one', async () => {
    const a = await made('a');
    const b = await made('b');
    const tokens = () => Promise.resolve(RAW);
    const [ours, theirs] = [a, b].map(({ pool }) => {
      const record = pool.add(new ApiKey('', ID), { tokens }, 'configuration', 'configuration');
      record.tokens!.isLacking = false;
      return record;
    }) as [KeyRecord, KeyRecord];
    a.pool.replaceKey(ours, new ApiKey(RAW, ID), 'configuration');
    b.pool.replaceKey(theirs, new ApiKey(NEXT, ID), 'configuration');
    for (const { pool } of [a, b]) pool.setState(pool.record(ID)!, HEALTHY, 'probe');
    a.pool.lease()!.settle('invalid_key');
    await clock.advance(1_000);
    expect([ours.status, theirs.status]).toEqual(['invalid_key', 'healthy']);
    b.pool.lease()!.settle('quota_exceeded');
    await clock.advance(1_000);
    expect([ours.status, theirs.status]).toEqual(['quota_exceeded', 'quota_exceeded']);
    expect(JSON.stringify(cluster.batches)).toContain(DOC);
    expect(JSON.stringify(cluster.batches)).not.toMatch(
      new RegExp([RAW, NEXT].flatMap((key) => [key.slice(0, 10), keyIdOf(key)]).join('|')),
    );
  });
});
