import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { instance, RAW } from '../../../../test/support/store-instance';
import { keyIdOf } from '../../pool/key/api-key';
import type { Json, StoredDocument } from '../port/key-store';
import { emptyDocument, replaces } from '../port/merge';

const DOC = `keys/openai/${keyIdOf(RAW)}`;

let deep: Json = 1;
for (let level = 0; level < 500; level += 1) deep = [deep];

const register =
  (field: string, value: Json, version = 3) =>
  (document: StoredDocument) => {
    document.registers[field] = { value, version, tie: 'z' };
  };
const maximum = (field: string, value: number) => (document: StoredDocument) => {
  document.maxima[field] = value;
};

const ODD: [string, (document: StoredDocument) => void][] = [
  ['a cooldown without end', register('state', { status: 'rate_limited', until: 1e300 })],
  ['a cooldown until a date that is none', register('state', { status: 'cooling_down', until: 8.64e15 + 1 })],
  ['a cooldown until before all time', register('state', { status: 'cooling_down', until: -1e300 })],
  ['a cooldown until a text', register('state', { status: 'rate_limited', until: 'tomorrow' })],
  ['a re-check without end', register('state', { status: 'invalid_key', recheckAt: 1e300 })],
  ['an unknown state', register('state', { status: 'melted' })],
  ['a state as a list', register('state', [1, 2])],
  ['a state nested without end', register('state', deep)],
  ['an identity nested without end', register('identity', deep)],
  ['an identity as a number', register('identity', 5)],
  ["an administrator's word as an object", register('admin', { a: 1 })],
  ['a version of 2^53-1', register('admin', 'enabled', 2 ** 53 - 1)],
  ['a version of 1e300', register('admin', 'enabled', 1e300)],
  ['a version that is no number', register('admin', 'enabled', NaN)],
  ['a negative version', register('admin', 'enabled', -5)],
  ['a version with a fraction', register('state', { status: 'healthy' }, 1.5)],
  ["a model's rest without end", maximum('rest:gpt-5', 1e300)],
  ["a model's rest that is no number", maximum('rest:gpt-5', NaN)],
  ['a time of use in the far future', maximum('lastCheckedAt', 1e18)],
  ['a count without end', maximum('+x~successes', 1e300)],
  ['a negative count', maximum('+x~successes', -5)],
];
/** What is told of by name; counts and versions of what nobody asks for are left out without a word. */
const isTold = (what: string): boolean => !what.includes('count');

describe('C6: a document that makes no sense', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });

  async function works(one: Awaited<ReturnType<typeof instance>>): Promise<void> {
    const id = keyIdOf(RAW);
    expect(JSON.stringify(one.pools.list())).toContain(id);
    await one.pools.disable('openai', id);
    const again = await instance(cluster, clock, `${one.link.kind}-again`);
    again.add();
    expect(again.pools.get('openai', id)?.status).toBe('disabled');
    expect(again.pools.get('openai', id)!.successCount).toBeLessThan(1_000);
    await again.link.close(0);
  }

  it.each(ODD)('%s: an instance starts with it, names it once, and can switch the key off', async (_, spoil) => {
    const document = emptyDocument(DOC);
    spoil(document);
    cluster.documents.set(DOC, document);
    const one = await instance(cluster, clock, 'one');
    one.add();
    await settle();
    for (const { watcher } of cluster.members) watcher?.reset();
    await clock.advance(2_000);
    expect(one.warnings.filter((line) => line.includes(DOC)).length).toBeLessThanOrEqual(1);
    await works(one);
  });

  it.each(ODD)('%s: an instance that is told of it lives on', async (what, spoil) => {
    const one = await instance(cluster, clock, 'one');
    one.add();
    await clock.advance(1_000);
    const document = emptyDocument(DOC);
    spoil(document);
    const [[field, odd]] = Object.entries(document.registers).concat([['', { value: 0, version: 0, tie: '' }]]) as [
      [string, StoredDocument['registers'][string]],
    ];
    const [[name, value]] = Object.entries(document.maxima).concat([['', 0]]) as [[string, number]];
    // Newer than all that was said, where it can be compared at all.
    if (field !== '' && replaces({ ...odd, version: 2 ** 31 }, odd))
      odd.version = odd.version === 3 ? 2 ** 31 : odd.version;
    const stored = cluster.documents.get(DOC)!;
    if (field !== '') stored.registers[field] = odd;
    if (name !== '') stored.maxima[name] = value;
    for (const { watcher } of cluster.members)
      watcher?.changed([
        field === '' ? { kind: 'max', doc: DOC, field: name, value } : { kind: 'set', doc: DOC, field, register: odd },
      ]);
    await clock.advance(2_000);
    if (isTold(what)) expect(one.warnings).toEqual([expect.stringContaining(DOC)]);
    await works(one);
  });
});
