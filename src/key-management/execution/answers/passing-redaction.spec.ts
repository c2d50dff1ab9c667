import { ApiKey } from '../../pool/api-key';
import { keyText } from '../../../../test/support/key-text';
import { PassingRedaction, withoutKeys } from './passing-redaction';

const key = new ApiKey(keyText(1));
const raw = key.reveal();

function passed(chunks: readonly Uint8Array[], keepsLength = false): string {
  const redaction = new PassingRedaction([key], 'every', keepsLength);
  const parts = chunks.map((chunk) => redaction.push(chunk));
  const rest = redaction.end();
  return Buffer.concat(rest ? [...parts, rest] : parts).toString('utf8');
}

describe('PassingRedaction', () => {
  it.each<[string, string]>([
    ['as it is', raw],
    ['in base64', Buffer.from(`Bearer ${raw}`).toString('base64')],
    ['in base64, one further', Buffer.from(`earer ${raw}`).toString('base64')],
    ['in base64, two further', Buffer.from(`arer ${raw}`).toString('base64')],
    ['in base64url', Buffer.from(raw).toString('base64url')],
    ['in hex', Buffer.from(raw).toString('hex')],
  ])('D8: takes the key out %s, cut anywhere', (_, spelling) => {
    const text = `before ${spelling} after`;
    const whole = passed([Buffer.from(text)]);
    expect(whole).toContain(key.masked);
    expect(whole).toMatch(/^before .* after$/);
    expect(whole).not.toContain(spelling.slice(8, -8));
    for (let at = 1; at < text.length; at += 1)
      expect(passed([Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at))])).toBe(whole);
    expect(passed([...Buffer.from(text)].map((byte) => Uint8Array.of(byte)))).toBe(whole);
  });

  it('D8: passes everything else unchanged, the beginning of a key too', () => {
    const clean = Buffer.from(`data: sk-${'é'.repeat(9)}\n\n`);
    expect(new PassingRedaction([key], 'every', false).push(clean)).toBe(clean);
    expect(passed([Buffer.from(`x ${raw.slice(0, -1)}`), Buffer.from('! y')])).toBe(`x ${raw.slice(0, -1)}! y`);
    expect(passed([Buffer.from(raw.slice(0, -1))])).toBe(raw.slice(0, -1));
  });

  it('D8: keeps the length where it was told', () => {
    const text = `<${raw}|${raw}>`;
    const masked = passed([Buffer.from(text)], true);
    expect(masked).toHaveLength(text.length);
    expect(masked).not.toContain(raw);
  });

  it('D8: searches what is full of keys once for each spelling, not once for each key', () => {
    const body = Buffer.from(`${raw} `.repeat(20_000));
    const search = jest.spyOn(Buffer.prototype, 'indexOf');
    const clean = new PassingRedaction([key], 'every', false).whole(body);
    expect(search.mock.calls.length).toBeLessThan(20_100);
    search.mockRestore();
    expect(clean.toString()).toBe(`${key.masked} `.repeat(20_000));
  });

  it('D8: cleans a header', () => {
    expect(withoutKeys(`Bearer ${raw}`, [key])).toBe(`Bearer ${key.masked}`);
    expect(withoutKeys('text/plain', [key])).toBe('text/plain');
  });
});
