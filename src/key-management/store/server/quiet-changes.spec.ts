import { max } from '../contract/contract-support';
import { readQuiet, type QuietBatch } from './quiet-changes';

const newest = { epoch: 'e', number: 5, place: 'p5' };
const batch = (number: number): QuietBatch => ({ number, place: `p${number}`, changes: [max('d', 'm', number)] });

describe('what nobody was told', () => {
  it('is read from the cursor on, as far as it was given', () => {
    const changes = [max('d', 'm', 4), max('d', 'm', 5)];
    expect(readQuiet(newest, [batch(4), batch(5)], 'e 3 p3')).toEqual({ changes, cursor: 'e 5 p5', more: false });
    expect(readQuiet(newest, [batch(3)], 'e 2 p2')).toEqual({
      changes: [max('d', 'm', 3)],
      cursor: 'e 3 p3',
      more: true,
    });
  });

  it('is nothing without a cursor, or where there is nothing new', () => {
    const nothing = { changes: [], cursor: 'e 5 p5', more: false };
    for (const cursor of [undefined, 'e 5 p5']) expect(readQuiet(newest, [], cursor)).toEqual(nothing);
    const first = { epoch: 'e', number: 0, place: '' };
    expect(readQuiet(first, [], ' 0 ')).toEqual({ changes: [], cursor: 'e 0 ', more: false });
  });

  it('is not known where batches are missing, cannot be read, or are of other data', () => {
    expect(readQuiet(newest, [batch(5)], 'e 3 p3')).toBeUndefined();
    expect(readQuiet(newest, [], 'e 3 p3')).toBeUndefined();
    expect(readQuiet(newest, [batch(4), { ...batch(5), changes: undefined }], 'e 3 p3')).toBeUndefined();
    expect(readQuiet(newest, [], 'e 6 p6')).toBeUndefined();
    expect(readQuiet(newest, [batch(4), batch(5)], 'other 3 p3')).toBeUndefined();
    expect(readQuiet(newest, [batch(1)], ' 0 ')?.changes).toEqual([max('d', 'm', 1)]);
  });
});
