import { LONGEST, longKey } from '../../../../test/support/long-key';
import { maskKeysOf, maskSecret, redactText } from './redact';

const KEY = 'sk-proj-Zq8rT2vWx1Yb3Nc5Md7Kf9Lg0H';
const PLAIN = 'Zq8+rT2/vWx1"Yb3Nc5Md7';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const escaped = (text: string, as: (code: number) => string): string =>
  [...text].map((letter) => as(letter.charCodeAt(0))).join('');

describe('a secret of 16,384 characters', () => {
  const secret = longKey(1);
  const other = longKey(2);

  it.each([
    ['as it is', secret],
    ['in capitals', secret.toUpperCase()],
    ['in base64', base64(secret)],
    ['behind a user in base64', base64(`u:${secret}`)],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['broken over lines', secret.replace(/.{76}/g, '$&\r\n')],
    ['with every character percent-encoded', escaped(secret, (code) => `%${code.toString(16)}`)],
  ])('%s', (_form, echo) => {
    const masked = maskSecret(`before ${echo} after`, secret, '<mask>');
    expect(masked).toMatch(/^before .{0,4}<mask>.{0,4} after$/);
    expect(redactText(`before ${echo} after`, [secret])).toMatch(/^before .{0,4}\*\*\*/);
  });

  it('is found by any 12 characters of it, and not by 11', () => {
    for (let at = 0; at + 12 <= LONGEST; at += 97) {
      const [echo, less] = [secret.slice(at, at + 12), secret.slice(at, at + 11)];
      expect(redactText(`before <${echo}> after`, [secret])).toBe('before <***> after');
      expect(redactText(`before <${less}> after`, [secret])).toBe(`before <${less}> after`);
    }
  });

  it('is found beside another, in whatever order they are asked for, and leaves that one', () => {
    const [part, otherPart] = [secret.slice(4_000, 4_040), other.slice(9_000, 9_040)];
    const text = `${part} ${otherPart} ${part}${otherPart}`;
    for (let time = 0; time < 2; time += 1) {
      expect(redactText(text, [secret])).toBe(`*** ${otherPart} ***${otherPart}`);
      expect(redactText(text, [other])).toBe(`${part} *** ${part}***`);
    }
    expect(redactText(text, [other, secret])).toBe('*** *** ******');
  });

  it('leaves no part where two parts of it meet', () => {
    const pieces = [secret.slice(100, 130), secret.slice(5_000, 5_029), secret.slice(77, 100), secret.slice(-20)];
    expect(redactText(pieces.join(''), [secret])).toMatch(/^\**$/);
  });
});

describe('given secrets', () => {
  it.each([
    ['as it is', PLAIN],
    ['percent-encoded', encodeURIComponent(PLAIN)],
    ['in JSON', JSON.stringify({ key: PLAIN })],
    ['in base64', base64(PLAIN)],
    ['behind a user in base64', base64(`u:${PLAIN}`)],
    ['behind a longer user in base64', base64(`user:${PLAIN}`)],
    ['in base64 for URLs', Buffer.from(`ab${PLAIN}`).toString('base64url')],
    ['its first 15 characters', PLAIN.slice(0, 15)],
    ['its last 15 characters', PLAIN.slice(-15)],
    ['15 characters out of its middle', PLAIN.slice(4, 19)],
    ['in capitals', PLAIN.toUpperCase()],
    ['with every character percent-encoded', escaped(PLAIN, (code) => `%${code.toString(16)}`)],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(PLAIN))],
    ['with the escapes of JSON', escaped(PLAIN, (code) => `\\u${code.toString(16).padStart(4, '0')}`)],
    ['with the escapes of HTML', escaped(PLAIN, (code) => `&#${code};`)],
    ['in hex', Buffer.from(PLAIN).toString('hex')],
    ['a part of it in hex', Buffer.from(PLAIN.slice(5)).toString('hex')],
    ['a part of it in base64', base64(PLAIN.slice(4))],
    ['in base64 inside JSON inside a URL', encodeURIComponent(JSON.stringify({ key: base64(PLAIN) }))],
    ['broken over two lines', `${PLAIN.slice(0, 10)}\r\n${PLAIN.slice(10)}`],
    ['letter by letter', [...PLAIN].join(' ')],
    ['next to itself', PLAIN + PLAIN],
    ['inside a word', `abc${PLAIN}def`],
  ])('%s', (_form, echo) => {
    const text = redactText(`before ${echo} after`, [PLAIN]);
    expect(text).toMatch(/^before .*\*\*\*.* after$/);
    for (let at = 0; at + 12 <= echo.length; at++) {
      const piece = echo.slice(at, at + 12);
      if (PLAIN.includes(piece) || base64(PLAIN).includes(piece)) expect(text).not.toContain(piece);
    }
    expect(text.length).toBeLessThan(80);
  });

  it('even where a control character splits it', () => {
    expect(redactText(`x ${KEY.slice(0, 20)}\u200b${KEY.slice(20)}`, [KEY])).toBe('x ***');
  });

  it('and nothing beside it', () => {
    const text = `İ ${PLAIN} "ß" \u00e4%41 ${PLAIN.slice(0, 11)} end`;
    expect(redactText(text, [PLAIN])).toBe(`İ *** "ß" ä%41 ${PLAIN.slice(0, 11)} end`);
  });

  it('but no word for a secret of three letters', () => {
    expect(redactText('the end', ['the'])).toBe('the end');
  });
});

it.each([
  `key ${KEY} is bad`,
  'Consumer api_key:AIzaSyFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKE suspended',
  'https://x/v1beta/models?key%3DAIzaSyFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKE',
  'AQ.Ab8RN6FAKEFAKEFAKEFAKE',
  'gsk_FAKEFAKEFAKEFAKEFAKE',
  'xai-FAKEFAKEFAKEFAKEFAKE',
  'tvly-FAKEFAKEFAKEFAKEFAKE',
  'ghp_FAKEFAKEFAKEFAKEFAKE',
  'ya29.FAKEFAKEFAKEFAKE',
  'asked with x_sk-proj-FAKEFAKEFAKEFAKE',
  'pplx-FAKEFAKEFAKEFAKEFAKE',
  'sk-ant-api03-FAKEFAKEFAKEFAKE',
  'Authorization: Bearer FAKEFAKEFAKEFAKE',
  'GET /v1/models?key=FAKEFAKEFAKEFAKE&pageSize=1',
  'token eyJhbGciOiJFAKEFAKE.eyJFAKEFAKEFAKE.FAKEFAKE',
])('takes out what looks like a key of any vendor: %s', (text) => {
  const clean = redactText(text);
  expect(clean).toContain('***');
  expect(clean).not.toMatch(/FAKEFAKE|Zq8rT2/);
});

it("takes out what looks like a key of a user's own vendor, wherever it stands and whatever the pattern's flags", () => {
  const text = 'acme:AAAABBBBCCCC and ACME:DDDDEEEEFFFF';
  expect(redactText(text)).toBe(text);
  maskKeysOf({ keyTokens: [/acme:\w{12}/iy] });
  expect(redactText(text)).toBe('*** and ***');
});

it.each([
  'Incorrect API key provided: sk-FAKE0***************************0000.',
  'sk-1234...cdef',
  'risk-assessment-of-a-very-long-compound-word',
  'Rate limit reached for gpt-4o in organization org-FAKE on tokens per min (TPM): Limit 30000',
])('leaves masked echoes and plain words: %s', (text) => {
  expect(redactText(text)).toBe(text);
});

it('makes one line of it, without what forges or hides text', () => {
  expect(redactText('a\r\n[ERROR] b\u001b[31m\u2028c\u202ed\u0000e')).toBe('a [ERROR] b [31m c d e');
});

it('bounds the length', () => {
  expect(redactText('x'.repeat(1_000))).toHaveLength(300);
  expect(redactText('word '.repeat(100), [], 20)).toBe('word word word word…');
});

// That no pattern is slower than linear is lint's to say (regexp/no-super-linear-*) and test/security/patterns.spec.ts'.
it('makes a short line of hostile texts of any length', () => {
  for (const part of ['sk-', 'Bearer ', 'key=', 'eyJa.', 'AIza', KEY.slice(0, 12), KEY.slice(-12), '\n', base64(KEY)]) {
    expect(redactText(part.repeat(100_000), [KEY, 'a'.repeat(256)]).length).toBeLessThanOrEqual(300);
  }
  expect(redactText('a'.repeat(1_000_000), ['a'.repeat(256)]).length).toBeLessThanOrEqual(300);
});
