import type { KeyRecord } from '../pool/key/key-record';
import { ProviderFunds, type Funds } from './funds';

const [one, two, three] = [1, 2, 3].map((n) => ({ id: String(n) }) as KeyRecord) as [KeyRecord, KeyRecord, KeyRecord];
const funds = (left: number, keys: KeyRecord[], more: Partial<Funds> = {}): Funds => ({
  ...{ subject: `balance ${keys[0]!.id}`, keys, unit: 'usd', left, at: 1_000 },
  ...more,
});
function fundsOfProvider(all: readonly Funds[], inUse: ReadonlySet<KeyRecord>): Funds[] {
  const provider = new ProviderFunds(inUse);
  for (const each of all) provider.add(each);
  return provider.whole();
}

describe('ProviderFunds', () => {
  it('adds up what is left, of each unit', () => {
    const all = [funds(5, [one], { at: 2_000 }), funds(-1, [two]), funds(7, [one, two], { unit: 'tokens', endsAt: 9 })];
    expect(fundsOfProvider(all, new Set([one, two]))).toEqual([
      { subject: 'provider', keys: [one, two], unit: 'usd', left: 5, at: 2_000 },
      all[2],
    ]);
  });

  it('ends with the period that ends first', () => {
    const all = [funds(5, [one], { endsAt: 9_000 }), funds(5, [two], { endsAt: 8_000 }), funds(1, [three])];
    expect(fundsOfProvider(all, new Set([one, two, three]))).toMatchObject([{ endsAt: 8_000, left: 11 }]);
  });

  it('is nothing where a key in use has no bound', () => {
    expect(fundsOfProvider([funds(5, [one]), funds(5, [two])], new Set([one, two, three]))).toEqual([]);
    // One that is out of use does not count.
    expect(fundsOfProvider([funds(5, [one])], new Set([one]))).toEqual([funds(5, [one])]);
    expect(fundsOfProvider([funds(5, [one]), funds(7, [three])], new Set([one]))).toMatchObject([{ left: 12 }]);
  });

  it('is nothing where nothing is known', () => {
    expect(fundsOfProvider([], new Set([one]))).toEqual([]);
  });
});
