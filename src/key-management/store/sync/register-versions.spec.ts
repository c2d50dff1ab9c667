import fc from 'fast-check';
import { RegisterVersions } from './register-versions';

const register = (version: number, tie: string) => ({ version, tie, value: null });

describe('the versions of registers', () => {
  it('knows of each register the newest, however documents share what was seen of them', () => {
    const seen = fc.record({
      doc: fc.constantFrom('a', 'b', 'c'),
      field: fc.constantFrom('identity', 'state', 'admin'),
      version: fc.integer({ min: 1, max: 4 }),
      tie: fc.constantFrom('0:x', '0:y', '1:x'),
    });
    fc.assert(
      fc.property(fc.array(seen), (all) => {
        const versions = new RegisterVersions();
        const model = new Map<string, { version: number; tie: string }>();
        for (const { doc, field, version, tie } of all) {
          const known = model.get(`${doc} ${field}`);
          const isNews = !known || version > known.version || (version === known.version && tie > known.tie);
          expect(versions.see(doc, field, register(version, tie))).toBe(isNews);
          if (isNews) model.set(`${doc} ${field}`, { version, tie });
          for (const [name, expected] of model) {
            const [ofDoc, ofField] = name.split(' ') as [string, string];
            expect(versions.get(ofDoc, ofField)).toMatchObject(expected);
          }
        }
      }),
    );
  });

  it('gives a version above all seen, and begins anew with a document that was forgotten', () => {
    const versions = new RegisterVersions();
    versions.see('d', 'state', register(7, '0:other'));
    expect(versions.next('d', 'state', 'x', '0:me')).toEqual({ value: 'x', version: 8, tie: '0:me' });
    expect(versions.next('d', 'admin', 'x', '0:me', 1_000).version).toBe(1_000);
    versions.forget('d');
    expect(versions.get('d', 'state')).toBeUndefined();
    expect(versions.next('d', 'state', 'x', '0:me').version).toBe(1);
  });

  it('goes on when more was seen than is shared', () => {
    const versions = new RegisterVersions();
    for (let n = 1; n <= 3_000; n += 1) versions.see(`d${n}`, 'state', register(n, '0:x'));
    expect([1, 1_500, 3_000].map((n) => versions.get(`d${n}`, 'state')?.version)).toEqual([1, 1_500, 3_000]);
  });
});
