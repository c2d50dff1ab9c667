import { add } from '../contract/contract-support';
import { ChangeFeed } from './change-feed';
import { packChanges } from './packing';

const EPOCH = 'epoch-1';
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A feed that begins after batch 4, and what its listener hears. */
function begin({ epoch = EPOCH, seq = 4, fetched = undefined as string | undefined } = {}) {
  const heard: (number | 'missed')[] = [];
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const fetch = async (id: string): Promise<string | undefined> => {
    asked.push(id);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return fetched;
  };
  const feed = new ChangeFeed({ epoch, seq }, 'me', fetch, {
    batch: (batch) => heard.push(batch.seq),
    missed: () => heard.push('missed'),
  });
  const tell = (number: number, { of = EPOCH, writer = 'other', packed = packChanges([add('d', 's', 1)]) } = {}) =>
    feed.take(`${of} ${number} ${writer} ${packed}`);
  return { feed, heard, asked, waiting, tell };
}

describe('ChangeFeed', () => {
  it('passes on the batches of others that come after its start, in their order and turn', () => {
    const { heard, tell } = begin();
    for (const seq of [3, 4, 5, 6]) tell(seq);
    tell(7, { writer: 'me' });
    tell(8);
    expect(heard).toEqual([5, 6, 8]);
  });

  it('says that something was missed where a number is skipped, once, and goes on from there', () => {
    const { heard, tell } = begin();
    for (const seq of [5, 7, 8]) tell(seq);
    expect(heard).toEqual([5, 'missed', 8]);
  });

  it('takes another epoch for other data', () => {
    const { heard, tell } = begin();
    tell(1, { of: 'epoch-2' });
    tell(2, { of: 'epoch-2' });
    expect(heard).toEqual(['missed', 2]);
  });

  it('takes the first batch of all for no loss', () => {
    const { heard, tell } = begin({ epoch: '', seq: 0 });
    tell(1);
    tell(2);
    expect(heard).toEqual([1, 2]);
  });

  it('fetches what did not fit, while later batches wait', async () => {
    const { heard, asked, waiting, tell } = begin({ fetched: packChanges([add('d', 's', 2)]) });
    tell(5, { packed: '@w:1' });
    tell(6);
    expect([asked, heard]).toEqual([['w:1'], []]);
    waiting.shift()!();
    await nextTurn();
    expect(heard).toEqual([5, 6]);
  });

  it('says that something was missed where that is no longer kept, or cannot be read', async () => {
    const { heard, waiting, tell } = begin();
    tell(5, { packed: '@w:1' });
    waiting.shift()!();
    await nextTurn();
    tell(6, { packed: 'garbage' });
    expect(heard).toEqual(['missed', 'missed']);
  });

  it('passes over notifications of other programs', () => {
    const { feed, heard, tell } = begin();
    for (const payload of ['', 'hello', 'a b c d', 'epoch-1 5 other']) feed.take(payload);
    tell(5);
    expect(heard).toEqual([5]);
  });

  it('is patient with a notification for one look, and no longer', () => {
    const { feed, heard, tell } = begin();
    feed.look({ epoch: EPOCH, seq: 5 });
    tell(5);
    feed.look({ epoch: EPOCH, seq: 6 });
    expect(heard).toEqual([5]);
    feed.look({ epoch: EPOCH, seq: 6 });
    tell(6);
    tell(7);
    expect(heard).toEqual([5, 'missed', 7]);
  });

  it.each([
    ['gone', { epoch: '', seq: 0 }],
    ['other data', { epoch: 'epoch-2', seq: 9 }],
    ['an earlier state', { epoch: EPOCH, seq: 3 }],
  ])('notices at a look that the data is %s', (_, now) => {
    const { feed, heard } = begin();
    feed.look(now);
    feed.look(now);
    expect(heard).toEqual(['missed']);
  });
});
