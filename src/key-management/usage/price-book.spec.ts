import { FakeClock } from '../../../test/support/fake-clock';
import { GenAiPriceCatalog } from './genai-prices';
import { PriceBook, type PriceCatalog } from './price-book';
import type { TokenPrice } from './prices';
import type { Usage } from './usage';

const usage = (inputTokens: number, outputTokens: number, cachedInputTokens = 0, cacheWriteTokens = 0): Usage => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteTokens,
  reasoningTokens: 0,
});
const MILLION = usage(1e6, 1e6);
const NOON = Date.UTC(2026, 10, 28, 12);

class Listed implements PriceCatalog {
  asked: string[] = [];
  constructor(public price: TokenPrice | undefined) {}
  priceOf(vendor: string, model: string, at: Date): TokenPrice | undefined {
    this.asked.push(`${vendor}/${model} ${at.toISOString().slice(11, 16)}`);
    return this.price;
  }
  has(vendor: string): boolean {
    return this.price !== undefined && vendor === 'acme-ai';
  }
}

it('knows whether any price of a vendor may be known', () => {
  const book = new PriceBook({ own: {}, 'some/model': {} }, new Listed({ input: 1 }), new FakeClock(NOON));
  const known = () => ['own', 'some', 'so', 'acme', 'acme-ai'].map((vendor) => book.knowsVendor(vendor));
  expect(known()).toEqual([true, true, false, false, true]);
  book.listedAs('acme', 'acme-ai');
  expect(known()).toEqual([true, true, false, true, true]);
});

it('does not know what nobody lists', () => {
  expect(new PriceBook({}, new Listed(undefined), new FakeClock(NOON)).costOf('acme', 'a', MILLION)).toBeUndefined();
});

it('does not know the cost where one of the rates is missing, unless nothing of it was used', () => {
  const book = new PriceBook({}, new Listed({ input: 2 }), new FakeClock(NOON));
  expect(book.costOf('acme', 'a', MILLION)).toBeUndefined();
  expect(book.costOf('acme', 'a', usage(1e6, 0))).toBe(2);
});

it('takes cached input for the rest of the input where it has no price of its own', () => {
  const book = new PriceBook({}, new Listed({ input: 2, output: 0, cachedInput: 0.5 }), new FakeClock(NOON));
  expect(book.costOf('acme', 'a', usage(1e6, 0, 4e5, 1e5))).toBeCloseTo(0.5 * 2 + 0.4 * 0.5 + 0.1 * 2);
});

it('goes by what the user says of the model, then of the vendor, then by the list', () => {
  const own = { acme: { inputUsdPerMillion: 7 }, 'acme/b/c': { inputUsdPerMillion: 1, outputUsdPerMillion: 2 } };
  const book = new PriceBook(own, new Listed({ input: 10, output: 20, cachedInput: 5 }), new FakeClock(NOON));
  expect(book.costOf('acme', 'a', MILLION)).toBe(27);
  expect(book.costOf('acme', 'b/c', MILLION)).toBe(3);
  expect(book.costOf('acme', undefined, usage(1e6, 0))).toBe(7);
  expect(book.costOf('constructor', 'a', MILLION)).toBe(30);
});

describe('prices by date of the option', () => {
  const utc = (text: string): number => Date.parse(text);
  const DECEMBER = new Date('2026-12-01T00:00:00Z');
  const flat = (usd: number, when: { from?: Date; until?: Date } = {}) => ({
    inputUsdPerMillion: usd,
    outputUsdPerMillion: 0,
    ...when,
  });
  const costs = (book: PriceBook, ...times: string[]) =>
    times.map((at) => book.costOf('acme', 'a', usage(1e6, 0), utc(at)));

  it('hold from their first millisecond on to the one before the next, by the time of the call and not by the clock', () => {
    const own = { acme: [flat(1), flat(3, { from: DECEMBER })] };
    const book = new PriceBook(own, new Listed(undefined), new FakeClock(NOON));
    const around = ['2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00.000Z'];
    expect(costs(book, ...around, ...around)).toEqual([1, 3, 1, 3]);
  });

  it('begin at an instant, within a half hour and where the clocks of a zone are set, too', () => {
    const turn = new Date('2026-10-25T02:10:00+01:00');
    const book = new PriceBook(
      { acme: [flat(3, { from: turn }), flat(1)] },
      new Listed(undefined),
      new FakeClock(NOON),
    );
    expect(costs(book, '2026-10-25T02:50:00+02:00', '2026-10-25T02:10:00+01:00', '2026-10-25T01:09:59.999Z')).toEqual([
      1, 3, 1,
    ]);
  });

  it('give way to the list where none holds', () => {
    const offer = flat(0.5, { from: DECEMBER, until: new Date('2026-12-08T00:00:00Z') });
    const book = new PriceBook({ acme: offer }, new Listed({ input: 2, output: 2 }), new FakeClock(NOON));
    expect(
      costs(book, '2026-11-30T12:00Z', '2026-12-01T00:00Z', '2026-12-07T23:59:59.999Z', '2026-12-08T00:00Z'),
    ).toEqual([2, 0.5, 0.5, 2]);
    const alone = new PriceBook({ acme: offer }, new Listed(undefined), new FakeClock(NOON));
    expect(costs(alone, '2026-11-30T12:00Z')).toEqual([undefined]);
    expect(alone.knowsVendor('acme')).toBe(true);
  });

  it('hold for a model over those of its vendor, each by its own dates; of two the one that began last', () => {
    const own = {
      acme: [flat(1), flat(2, { from: DECEMBER })],
      'acme/a': [
        flat(8, { from: DECEMBER, until: new Date('2026-12-31T00:00:00Z') }),
        flat(9, { from: new Date('2026-12-24T00:00:00Z'), until: new Date('2026-12-26T00:00:00Z') }),
      ],
    };
    const book = new PriceBook(own, new Listed(undefined), new FakeClock(NOON));
    expect(
      costs(
        book,
        '2026-11-30T00:00Z',
        '2026-12-02T00:00Z',
        '2026-12-25T00:00Z',
        '2026-12-26T00:00Z',
        '2027-01-01T00:00Z',
      ),
    ).toEqual([1, 8, 9, 8, 2]);
  });

  it('may be given as texts, as JSON has them', () => {
    const text = DECEMBER.toISOString() as unknown as Date;
    const book = new PriceBook(
      { acme: [flat(1), flat(3, { from: text })] },
      new Listed(undefined),
      new FakeClock(NOON),
    );
    expect(costs(book, '2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00Z')).toEqual([1, 3]);
  });
});

it('looks up each of two neighbouring prices once while calls of both end', () => {
  const listed = new Listed({ input: 1, output: 1 });
  const book = new PriceBook({}, listed, new FakeClock(NOON));
  for (let call = 0; call < 100; call += 1) book.costOf('acme', 'a', MILLION, NOON - 1 + (call % 2));
  expect(listed.asked).toEqual(['acme/a 11:59', 'acme/a 12:00']);
});

it('looks a price up once in half an hour, not once a call', async () => {
  const clock = new FakeClock(NOON);
  const listed = new Listed({ input: 1, output: 1 });
  const book = new PriceBook({}, listed, clock);
  book.listedAs('acme', 'acme-ai');
  for (let call = 0; call < 100; call += 1) book.costOf('acme', 'a', MILLION);
  expect(listed.asked).toEqual(['acme-ai/a 12:00']);
  await clock.advance(30 * 60_000);
  listed.price = { input: 2, output: 2 };
  expect(book.costOf('acme', 'a', MILLION)).toBe(4);
  expect(listed.asked).toEqual(['acme-ai/a 12:00', 'acme-ai/a 12:30']);
});

it('keeps no more prices than a bound, whatever models callers make up', () => {
  const listed = new Listed({ input: 1, output: 1 });
  const book = new PriceBook({}, listed, new FakeClock(NOON));
  for (let n = 0; n < 3_000; n += 1) book.costOf('acme', `m${n}`, MILLION);
  expect(book.costOf('acme', 'm2999', MILLION)).toBe(2);
  expect(listed.asked).toHaveLength(3_000);
  book.costOf('acme', 'm0', MILLION);
  expect(listed.asked).toHaveLength(3_001);
});

describe('the list of @pydantic/genai-prices', () => {
  const book = new PriceBook({}, new GenAiPriceCatalog(), new FakeClock(NOON));

  it('has the price of the time: of a date, and of an hour', () => {
    const price = (model: string, vendor: string, at: string) => book.costOf(vendor, model, MILLION, Date.parse(at));
    expect(price('o3', 'openai', '2025-06-01T00:00:00Z')).toBe(50);
    expect(price('o3', 'openai', '2025-07-01T00:00:00Z')).toBe(10);
    expect(price('deepseek-chat', 'deepseek', '2025-07-01T12:00:00Z')).toBeCloseTo(1.37);
    expect(price('deepseek-chat', 'deepseek', '2025-07-01T18:00:00Z')).toBeCloseTo(0.685);
  });

  it('has none for a vendor of another name, and none for a model that it does not know', () => {
    expect([book.knowsVendor('openai'), book.knowsVendor('my-openai')]).toEqual([true, false]);
    expect(book.costOf('my-openai', 'gpt-5', MILLION)).toBeUndefined();
    expect(book.costOf('openai', 'gpt-1999', MILLION)).toBeUndefined();
  });
});

it('knows no price where the package is not installed', () => {
  jest.isolateModules(() => {
    jest.doMock('@pydantic/genai-prices', () => {
      throw Object.assign(new Error("Cannot find module '@pydantic/genai-prices'"), { code: 'MODULE_NOT_FOUND' });
    });
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- with the package away
    const { GenAiPriceCatalog: Catalog } = require('./genai-prices') as typeof import('./genai-prices');
    expect(new Catalog().priceOf('openai', 'gpt-5', new Date(NOON))).toBeUndefined();
    expect(new Catalog().has('openai')).toBe(false);
    jest.dontMock('@pydantic/genai-prices');
  });
});
