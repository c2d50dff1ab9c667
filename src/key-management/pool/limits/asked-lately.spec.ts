import fc from 'fast-check';
import { AskedLately, LATELY_MS } from './asked-lately';
import type { ExpectedTokens } from './expected-tokens';

const NOW = 1_000_000;
const NOTHING = { calls: 0, unknown: 0, tokens: { input: 0, output: 0 } };

describe('what calls asked for lately', () => {
  it('is the sum of the last seconds, in whatever milliseconds they came', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            afterMs: fc.constantFrom(0, 0, 1, 40, 900),
            input: fc.option(fc.nat(900), { nil: undefined }),
            output: fc.nat(900),
            corrected: fc.option(fc.nat(900), { nil: undefined }),
          }),
          { maxLength: 200 },
        ),
        (steps) => {
          const asked = new AskedLately();
          const calls: { at: number; tokens: ExpectedTokens | undefined }[] = [];
          let now = NOW;
          for (const { afterMs, input, output, corrected } of steps) {
            now += afterMs;
            const tokens = input === undefined ? undefined : { input, output };
            const row = asked.add(tokens, now);
            const after = corrected === undefined ? undefined : { input: corrected, output };
            if (after) asked.corrected(row, tokens, after);
            calls.push({ at: now, tokens: after ?? tokens });
          }
          const lately = calls.filter(({ at }) => at > now - LATELY_MS);
          expect(asked.sum(now)).toEqual({
            calls: lately.length,
            unknown: lately.filter(({ tokens }) => tokens === undefined).length,
            tokens: {
              input: lately.reduce((sum, { tokens }) => sum + (tokens?.input ?? 0), 0),
              output: lately.reduce((sum, { tokens }) => sum + (tokens?.output ?? 0), 0),
            },
          });
          expect(asked.since).toBe(-Infinity);
          expect(asked.sum(now + LATELY_MS)).toEqual(NOTHING);
        },
      ),
    );
  });

  it('is of the latest milliseconds where there are very many, and says since when', () => {
    const asked = new AskedLately();
    for (let ms = 0; ms <= 256; ms += 1) for (let call = 0; call < 3; call += 1) asked.add(undefined, NOW + ms);
    expect(asked.since).toBe(NOW + 128);
    expect(asked.sum(NOW + 256)).toMatchObject({ calls: 3 * 129, unknown: 3 * 129 });
  });

  it('does not change by what is said of a call that is forgotten, or was never asked for here', () => {
    const asked = new AskedLately();
    const row = asked.add(undefined, NOW);
    for (let ms = 1; ms <= 256; ms += 1) asked.add(undefined, NOW + ms);
    const before = asked.sum(NOW + 256);
    asked.corrected(row, undefined, { input: 9, output: 9 });
    asked.corrected(-1, undefined, { input: 9, output: 9 });
    expect(asked.sum(NOW + 256)).toEqual(before);
  });
});
