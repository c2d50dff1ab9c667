import type { KeyPool } from '../../pool/key-pool';
import type { ExceededLimit, ExpectedTokens } from '../../pool/limits/expected-tokens';
import type { CallTarget } from '../attempt-context';

/** There are as many dimensions in which a call may be too large. */
const DIMENSIONS = 3;

/**
 * The call as it fits some account of the pool: as it is, or lowered to the greatest limit where its size is an estimate that may be too high.
 * Undefined where it can never fit.
 * @param certain The part of an estimate that is certain; undefined where the size was stated.
 * @param now Milliseconds since the epoch.
 */
export function fitting(
  pool: Pick<KeyPool, 'excess'>,
  target: CallTarget,
  certain: ExpectedTokens | undefined,
  now: number,
): CallTarget | undefined {
  let fitted = target;
  for (let look = 0; look <= DIMENSIONS; look += 1) {
    const excess = fitted.tokens && pool.excess(fitted, now);
    if (!excess) return fitted;
    if (!certain || pool.excess({ ...fitted, tokens: certain }, now)) return undefined;
    fitted = { ...fitted, tokens: lowered(fitted.tokens!, excess) };
  }
  return undefined;
}

/** The estimate without what is beyond the limit: of the request first, whose size is guessed. */
function lowered({ input, output }: ExpectedTokens, { dimension, limit }: ExceededLimit): ExpectedTokens {
  const most = Math.floor(limit);
  switch (dimension) {
    case 'input_tokens':
      return { input: Math.min(input, most), output };
    case 'output_tokens':
      return { input, output: Math.min(output, most) };
    case 'tokens': {
      const left = Math.max(0, Math.min(input, most - output));
      return { input: left, output: Math.min(output, most - left) };
    }
  }
}
