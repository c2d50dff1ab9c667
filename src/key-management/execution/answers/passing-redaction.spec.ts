import { ApiKey } from '../../pool/key/api-key';
import { keyText } from '../../../../test/support/key-text';
import { longKey } from '../../../../test/support/long-key';
import { PassingRedaction, wholeWithoutKeys, withoutKeys } from './passing-redaction';

const key = new ApiKey(keyText(1));
const raw = key.reveal();

/** Each character of the key, by its code in hex. */
const escaped = (how: (hex: string) => string): string =>
  Array.from(raw, (character) => how(Buffer.from(character).toString('hex'))).join('');

function passed(chunks: readonly Uint8Array[], keepsLength = false): string {
  const redaction = new PassingRedaction([key], keepsLength);
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
    ['in hex with capitals', Buffer.from(raw).toString('hex').toUpperCase()],
    ['in capitals', raw.toUpperCase()],
    ['with escapes of JSON', escaped((hex) => `\\u00${hex}`)],
    ['with escapes of JSON in JSON', escaped((hex) => `\\\\u00${hex.toUpperCase()}`)],
    ['with its first character escaped', `\\u00${Buffer.from(raw).toString('hex', 0, 1)}${raw.slice(1)}`],
    ['with its second character escaped', `${raw.charAt(0)}%${Buffer.from(raw).toString('hex', 1, 2)}${raw.slice(2)}`],
    ['with the escapes of a URL', escaped((hex) => `%${hex}`)],
    ['with the escapes of a URL, twice', escaped((hex) => `%25${hex}`)],
    ['with the escapes of a shell', escaped((hex) => `\\x${hex}`)],
    ['with the entities of HTML', escaped((hex) => `&#x${hex};`)],
    ['with decimal entities', escaped((hex) => `&#${parseInt(hex, 16)};`)],
    ['in base64 of several lines', Buffer.from(`Bearer ${raw}`).toString('base64').replace(/.{20}/g, '$&\r\n')],
    [
      'in base64 of several lines in JSON',
      Buffer.from(raw)
        .toString('base64')
        .replace(/.{20}/g, String.raw`$&\n`),
    ],
  ])('D8: takes the key out %s, cut anywhere', (_, spelling) => {
    const text = `before ${spelling} after`;
    const whole = passed([Buffer.from(text)]);
    expect(whole).toContain(key.masked);
    expect(whole).toMatch(/^before .* after$/s);
    expect(whole).not.toContain(spelling.slice(8, -8));
    for (let at = 1; at < text.length; at += 1)
      expect(passed([Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at))])).toBe(whole);
    expect(passed([...Buffer.from(text)].map((byte) => Uint8Array.of(byte)))).toBe(whole);
  });

  it('D8: passes everything else unchanged, the beginning of a key too', () => {
    const clean = Buffer.from(`data: sk-${'é'.repeat(9)}\n\n`);
    expect(new PassingRedaction([key], false).push(clean)).toBe(clean);
    expect(passed([Buffer.from(`x ${raw.slice(0, -1)}`), Buffer.from('! y')])).toBe(`x ${raw.slice(0, -1)}! y`);
    expect(passed([Buffer.from(raw.slice(0, -1))])).toBe(raw.slice(0, -1));
  });

  it('D8: keeps the length where it was told', () => {
    const text = `<${raw}|${raw}>`;
    const masked = passed([Buffer.from(text)], true);
    expect(masked).toHaveLength(text.length);
    expect(masked).not.toContain(raw);
  });

  it('D8: holds nothing back that is not the beginning of a key', () => {
    for (const text of ['data: {"a":"b"}\n\n', 'a line\n', 'says "x\\n"', '100%\n', 'R&D ', 'c2stZ. ', '\\u00e9\\"']) {
      const chunk = Buffer.from(text);
      expect(new PassingRedaction([key], false).push(chunk)).toBe(chunk);
    }
  });

  it('D8: takes out each of several keys, also one that is the beginning of another', () => {
    const longer = new ApiKey(`${raw}${'x'.repeat(9)}Y`);
    const text = `${raw} ${longer.reveal()} ${raw}`;
    const clean = wholeWithoutKeys(Buffer.from(text), text, [key, longer]);
    expect(clean.toString()).toBe(`${key.masked} ${longer.masked} ${key.masked}`);
  });

  it.each([16, 1_000, 5_000])('takes a key of 16,384 characters out that comes in pieces of %d bytes', (size) => {
    const long = new ApiKey(longKey(1));
    const pieces = (text: string): string => {
      const redaction = new PassingRedaction([key, long], false);
      let clean = '';
      for (let at = 0; at < text.length; at += size)
        clean += Buffer.from(redaction.push(Buffer.from(text.slice(at, at + size)))).toString();
      return clean + Buffer.from(redaction.end() ?? []).toString();
    };
    expect(pieces(`<${long.reveal()}|${long.reveal()}>`)).toBe(`<${long.masked}|${long.masked}>`);
    // The beginning of one is none.
    const beginning = long.reveal().slice(0, 12_000);
    expect(pieces(`<${beginning}>, ${raw}`)).toBe(`<${beginning}>, ${key.masked}`);
    expect(pieces(beginning)).toBe(beginning);
  });

  it('D8: cleans a header', () => {
    expect(withoutKeys(`Bearer ${raw}`, [key])).toBe(`Bearer ${key.masked}`);
    expect(withoutKeys('text/plain', [key])).toBe('text/plain');
  });
});
