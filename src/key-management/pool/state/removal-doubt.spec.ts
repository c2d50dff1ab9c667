import { DOUBT_MS, evidenceOf, RemovalDoubt } from './removal-doubt';

const NOW = Date.UTC(2026, 10, 1);

describe('RemovalDoubt', () => {
  let doubt: RemovalDoubt<string>;
  const condemned = (keyId: string, now = NOW, evidence = '401 unauthorized') => {
    const belief = doubt.condemned(evidence, keyId, now);
    if (belief === 'believed') doubt.removed(evidence, keyId, `removal of ${keyId}`);
    return belief;
  };
  beforeEach(() => {
    doubt = new RemovalDoubt();
  });

  it('believes the evidence of two keys, and begins to doubt it at the third within a minute', () => {
    expect([condemned('a'), condemned('b', NOW + 1_000), condemned('c', NOW + DOUBT_MS)]).toEqual([
      'believed',
      'believed',
      'begins',
    ]);
    expect(doubt.takeAllBack('401 unauthorized', NOW + DOUBT_MS)).toEqual(['removal of a', 'removal of b']);
    expect(doubt.takeAllBack('401 unauthorized', NOW + DOUBT_MS)).toEqual([]);
  });

  it('counts a key once, however often it is refused', () => {
    for (let time = 0; time < 9; time += 1) expect(condemned('a')).toBe('believed');
    expect(condemned('b')).toBe('believed');
  });

  it('believes three keys in three minutes', () => {
    expect(condemned('a')).toBe('believed');
    expect(condemned('b', NOW + DOUBT_MS + 1)).toBe('believed');
    expect(condemned('c', NOW + 2 * DOUBT_MS + 2)).toBe('believed');
  });

  it('believes three keys that meet three different answers', () => {
    expect(condemned('a', NOW, '401 one')).toBe('believed');
    expect(condemned('b', NOW, '401 two')).toBe('believed');
    expect(condemned('c', NOW, '402 two')).toBe('believed');
  });

  it('begins once, and doubts until the evidence was not seen for a minute', () => {
    for (const keyId of ['a', 'b', 'c']) condemned(keyId);
    let now = NOW;
    for (let time = 0; time < 10; time += 1) expect(condemned('d', (now += DOUBT_MS - 1))).toBe('doubted');
    expect(condemned('d', now + DOUBT_MS)).toBe('believed');
  });

  it('gives the removals of one key back, once, and none that are older than a minute', () => {
    condemned('a');
    condemned('b');
    expect(doubt.takeBack('a', NOW + DOUBT_MS)).toEqual(['removal of a']);
    expect(doubt.takeBack('a', NOW + DOUBT_MS)).toEqual([]);
    expect(doubt.takeBack('b', NOW + DOUBT_MS + 1)).toEqual([]);
    expect(doubt.takeBack('nobody', NOW)).toEqual([]);
  });

  it('gives none back of evidence that was never seen, or is older than a minute', () => {
    doubt.removed('nothing', 'a', 'removal of a');
    expect([doubt.takeAllBack('nothing', NOW), doubt.takeBack('a', NOW)]).toEqual([[], []]);
    condemned('a');
    doubt.removed('401 unauthorized', 'stranger', 'removal of a stranger');
    condemned('b', NOW + 1);
    expect(doubt.takeAllBack('401 unauthorized', NOW + 1 + DOUBT_MS)).toEqual(['removal of b']);
  });

  it('remembers what was done to a key that is condemned again', () => {
    condemned('a');
    doubt.condemned('401 unauthorized', 'a', NOW + 1);
    doubt.condemned('401 unauthorized', 'b', NOW + 2);
    expect(doubt.takeAllBack('401 unauthorized', NOW + 2)).toEqual(['removal of a']);
  });

  it('remembers 64 kinds of evidence', () => {
    condemned('a', NOW, 'first');
    condemned('b', NOW, 'first');
    for (let word = 0; word < 63; word += 1) condemned('a', NOW, `other ${word}`);
    expect(condemned('c', NOW, 'first')).toBe('begins');
  });

  it('forgets the kinds of evidence that were seen longest ago, so that a proxy of many words fills no memory', () => {
    condemned('a', NOW, 'first');
    condemned('b', NOW, 'first');
    for (let word = 0; word < 64; word += 1) condemned('a', NOW, `other ${word}`);
    expect(condemned('c', NOW, 'first')).toBe('believed');
    expect(condemned('x', NOW, 'other 63')).toBe('believed');
    expect(condemned('y', NOW, 'other 63')).toBe('begins');
  });
});

it('holds from the third key on until the evidence was not seen for a minute, whatever else is seen', () => {
  const doubt = new RemovalDoubt<string>();
  for (const key of ['a', 'b']) doubt.condemned('proxy', key, NOW);
  expect(doubt.holds(NOW)).toBe(false);
  doubt.condemned('proxy', 'c', NOW);
  doubt.condemned('other', 'd', NOW + 1);
  expect([doubt.holds(NOW + DOUBT_MS - 1), doubt.holds(NOW + DOUBT_MS)]).toEqual([true, false]);
  doubt.condemned('proxy', 'e', NOW + DOUBT_MS - 1);
  expect(doubt.holds(NOW + DOUBT_MS)).toBe(true);
});

describe('evidenceOf', () => {
  it('begins with the status, where there is one', () => {
    expect(evidenceOf({ outcome: 'invalid_key', status: 401, reason: 'Denied' })).toMatch(/^401 .*denied/i);
    expect(evidenceOf({ outcome: 'invalid_key', reason: 'Denied' })).toMatch(/^- .*denied/i);
  });

  const refusal = { outcome: 'invalid_key', status: 401, reason: 'Denied for sk-ab12…9 (req_8a7b)' } as const;

  it('is the same where only ids and masked keys differ', () => {
    expect(evidenceOf({ ...refusal, reason: 'Denied for sk-cd34…7 (req_99)' })).toBe(evidenceOf(refusal));
  });

  it.each([{ status: 403 }, { outcome: 'quota_exceeded' as const }, { reason: 'Go away' }])(
    'differs by %j',
    (other) => {
      expect(evidenceOf({ ...refusal, ...other })).not.toBe(evidenceOf(refusal));
    },
  );
});
