import { keyText } from '../../../../test/support/pool';
import { ApiKey } from '../../pool/key/api-key';
import { KeyRecord } from '../../pool/key/key-record';
import { UsedKeys } from '../../pool/key/used-keys';
import { OPENED, TOTALS } from './counter-document';
import { SeriesBook } from './series-book';
import { ALL_OPENED, readSeriesName, type SeriesOfProvider } from './series-names';

const NOW = Date.UTC(2026, 10, 28, 12, 34);
const POOL = 'customer-7';

const bookOf = (stored: Readonly<Record<string, Record<string, number>>>): SeriesBook => {
  const book = new SeriesBook(
    new UsedKeys(1),
    (doc) => stored[doc] ?? {},
    () => NOW,
    () => undefined,
  );
  book.isOpened = (provider) => provider.startsWith('customer-');
  for (const [doc, sums] of Object.entries(stored))
    for (const [field, by] of Object.entries(sums)) book.received(readSeriesName(doc) as SeriesOfProvider, field, by);
  return book;
};
const requestsOf = (book: SeriesBook): number => [...book.totals()].reduce((sum, { requests }) => sum + requests, 0);
const call = (book: SeriesBook, provider: string): void => {
  book.open(NOW);
  const tally = book.tally(provider);
  tally.requests += 1;
  book.markDirty(tally);
  book.settleProviders();
};

it('counts what is called in an opened pool there, and in the sums of all such pools, once', () => {
  const book = bookOf({ [`series/total/${ALL_OPENED}`]: { requests: 5 }, 'series/total/openai': { requests: 2 } });
  call(book, POOL);
  call(book, 'openai');
  expect(book.provider(POOL).total().requests).toBe(1);
  expect(book.provider('openai').total().requests).toBe(3);
  expect(requestsOf(book)).toBe(9);
  const sent = new Map<string, number>();
  for (const [document] of book.provider(POOL).documents())
    document.takeUnsent((field, by) => sent.set(`${document.kind.name} ${field}`, by));
  book.opened.takeUnsent((field, by) => sent.set(`all ${field}`, by));
  expect([sent.get('opened requests'), sent.get('all requests'), sent.get('total requests')]).toEqual([
    1,
    1,
    undefined,
  ]);
});

it('forgets an opened pool, and not what was called in it', () => {
  const book = bookOf({});
  call(book, POOL);
  book.forget(POOL);
  expect([...book.providers.keys()]).toEqual([]);
  expect(requestsOf(book)).toBe(1);
});

it('keeps no used keys of closed pools until the minute is over, where they are many, and loses no attempt', () => {
  const book = bookOf({});
  book.open(NOW);
  const [stays, ...gone] = Array.from({ length: 1_001 }, (_, n) => {
    const record = new KeyRecord('openai', new ApiKey(keyText(n)), {}, 'configuration');
    record.succeeded(NOW, 100);
    book.used.add(record);
    return record;
  });
  for (const record of gone) record.leave();
  book.forget(POOL);
  expect(book.used.length).toBe(1);
  book.settleKeys();
  const minute = Math.floor(NOW / 60_000);
  for (const { provider, id } of [stays!, gone[0]!, gone.at(-1)!])
    expect(book.keys.timeline('minute', book.keys.numbers.find(provider, id), minute, minute)).toMatchObject([
      { requests: 1, responseMs: 100 },
    ]);
});

it('takes up the sums of an opened pool, also as earlier versions stored them, beside those of the app', () => {
  const book = bookOf({
    [`series/${OPENED.name}/${POOL}/0`]: { requests: 4 },
    [`series/${TOTALS.name}/${POOL}`]: { requests: 3 },
    [`series/${TOTALS.name}/${ALL_OPENED}`]: { requests: 4 },
  });
  expect(requestsOf(book)).toBe(7);
  expect(book.provider(POOL).total().requests).toBe(7);
  expect(requestsOf(book)).toBe(7);
  // An instance of an earlier version goes on counting.
  book.received({ of: 'provider', kind: TOTALS, provider: POOL, period: 0 }, 'requests', 1);
  expect([book.provider(POOL).total().requests, requestsOf(book)]).toEqual([8, 8]);
});
