import type { ExceededLimit, ExpectedTokens } from '../../pool/limits/expected-tokens';
import { fitting } from './fitting';

/** A pool with one account of these limits. */
const poolOf = (limits: Partial<Record<ExceededLimit['dimension'], number>>) => ({
  excess: ({ tokens }: { tokens?: ExpectedTokens }): ExceededLimit | undefined => {
    const { input, output } = tokens!;
    const asked = { tokens: input + output, input_tokens: input, output_tokens: output };
    for (const dimension of ['tokens', 'input_tokens', 'output_tokens'] as const) {
      const limit = limits[dimension] ?? Infinity;
      if (asked[dimension] > limit) return { dimension, limit };
    }
    return undefined;
  },
});
const of = (input: number, output: number): ExpectedTokens => ({ input, output });
const fit = (limits: Parameters<typeof poolOf>[0], tokens: ExpectedTokens, certain?: ExpectedTokens) =>
  fitting(poolOf(limits), { model: 'm', tokens }, certain, 0)?.tokens;

describe('fitting', () => {
  it('leaves what fits, and what has no size', () => {
    const target = { model: 'm', tokens: of(10, 5) };
    expect(fitting(poolOf({ tokens: 15 }), target, undefined, 0)).toBe(target);
    const unsized = { model: 'm' };
    expect(fitting(poolOf({ tokens: 0 }), unsized, undefined, 0)).toBe(unsized);
  });

  it('refuses what was stated and is too large', () => {
    expect(fit({ tokens: 14 }, of(10, 5))).toBeUndefined();
  });

  it('refuses an estimate whose certain part is too large', () => {
    expect(fit({ tokens: 14 }, of(30, 5), of(15, 0))).toBeUndefined();
    expect(fit({ output_tokens: 4 }, of(30, 5), of(15, 5))).toBeUndefined();
  });

  it.each([
    [{ tokens: 14 }, of(10, 5), of(5, 5), of(9, 5)],
    [{ tokens: 14 }, of(10, 20), of(5, 0), of(0, 14)],
    [{ input_tokens: 8 }, of(10, 5), of(5, 0), of(8, 5)],
    [{ output_tokens: 3 }, of(10, 5), of(5, 0), of(10, 3)],
    [{ tokens: 14, input_tokens: 8, output_tokens: 3 }, of(20, 5), of(5, 0), of(8, 3)],
  ])('lowers an estimate that may be too high to limits of %j', (limits, tokens, certain, fitted) => {
    expect(fit(limits, tokens, certain)).toEqual(fitted);
  });
});
