import { CountsByProvider, MAX_PROVIDERS, OTHER_PROVIDERS } from './provider-counts';

describe('counts by provider', () => {
  it('count the providers beyond the fiftieth together', () => {
    const counts = new CountsByProvider();
    for (let n = 0; n < 1_000; n += 1) counts.of(`vendor-${n}`).succeeded += 1;
    const entries = [...counts.entries()];
    expect(entries).toHaveLength(MAX_PROVIDERS + 1);
    expect(counts.of(OTHER_PROVIDERS).succeeded).toBe(1_000 - MAX_PROVIDERS);
  });
});
