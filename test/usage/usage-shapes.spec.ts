import { FakeClock } from '../support/fake-clock';
import { GenAiPriceCatalog } from '../../src/key-management/usage/genai-prices';
import { PassingUsage, usageInBody } from '../../src/key-management/usage/passing-usage';
import { PriceBook } from '../../src/key-management/usage/price-book';
import type { Usage } from '../../src/key-management/usage/usage';
import { UsageMeter } from '../../src/key-management/usage/usage-meter';
import { BUILT_IN_VENDORS } from '../../src/key-management/vendors';
import { vendorOf } from '../../src/key-management/vendors/vendor-of';
import type { UsageShape } from './usage-shape';
import { USAGE_SHAPES } from './usage-shapes';

const AT = Date.UTC(2026, 10, 28, 5);
const prices = new PriceBook({}, new GenAiPriceCatalog(), new FakeClock(AT));

const meterOf = (name: string): UsageMeter => {
  const vendor = vendorOf(BUILT_IN_VENDORS.get(name)!);
  return new UsageMeter(() => vendor, prices);
};

/** As an attempt does it: reads, and prices by the model of the call or the answer. */
function priced(
  meter: UsageMeter,
  model: string | undefined,
  usage: Usage | undefined,
  named: unknown,
): Usage | undefined {
  if (usage !== undefined) meter.price(usage, model, named);
  return usage;
}

function expected({ tokens, usd }: UsageShape): unknown {
  if (tokens === undefined) return undefined;
  const [inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0] = tokens;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    reasoningTokens,
    ...(usd !== undefined && { costUsd: expect.closeTo(usd, 12) as number }),
  };
}

const rows = (kind: 'plain' | 'stream') =>
  USAGE_SHAPES.filter((shape) => shape[kind] !== undefined).map(
    (shape) => [`${shape.vendor}: ${shape.what}`, shape] as const,
  );

it('knows at least sixty shapes of the vendors', () => {
  expect(USAGE_SHAPES.length).toBeGreaterThanOrEqual(60);
});

describe.each(rows('plain'))('%s', (_, shape) => {
  const { vendor, model, plain } = shape;

  it('is read of the object', () => {
    const meter = meterOf(vendor);
    expect(priced(meter, model, meter.reader.read(plain), plain)).toEqual(expected(shape));
  });

  it('is found in the bytes of the body', () => {
    const meter = meterOf(vendor);
    const found = usageInBody(JSON.stringify(plain, undefined, 1), meter.reader);
    expect(priced(meter, model, found.usage, found.model)).toEqual(expected(shape));
  });
});

describe.each(rows('stream'))('%s', (_, shape) => {
  const { vendor, model, stream = '', framed } = shape;

  it.each([1_000_000, 4_000, 7])('is found in chunks of %d bytes', (length) => {
    const meter = meterOf(vendor);
    const passing = new PassingUsage(meter.reader, framed ? 'frames' : 'json');
    const bytes = Buffer.from(stream);
    for (let at = 0; at < bytes.length; at += length) passing.push(bytes.subarray(at, at + length));
    const found = passing.found();
    expect(priced(meter, model, found.usage, found.model)).toEqual(expected(shape));
  });
});
