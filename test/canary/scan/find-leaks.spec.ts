import { inspect } from 'node:util';
import { fakeKey } from '../../simulator';
import { findLeaks, SecretSet } from './find-leaks';

const KEY = fakeKey('openai', 4711);
const OTHER = fakeKey('anthropic', 4712);
const SECRETS = [OTHER, KEY];
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const escaped = (text: string, as: (code: number) => string): string =>
  [...text].map((letter) => as(letter.charCodeAt(0))).join('');
const swapped = (text: string): string =>
  [...text].map((each) => (each === each.toLowerCase() ? each.toUpperCase() : each.toLowerCase())).join('');
const lines = (text: string, length: number): string => text.replace(new RegExp(`.{${length}}`, 'g'), '$&\r\n  ');

describe('a secret is found', () => {
  it.each<[string, string | Uint8Array]>([
    ['whole', KEY],
    ['inside a word', `x${KEY}y`],
    ['by 12 characters of it', KEY.slice(40, 52)],
    ['by its beginning', KEY.slice(0, 24)],
    ['by its end', KEY.slice(-12)],
    ['percent-encoded', encodeURIComponent(`key=${KEY}`)],
    ['with every character percent-encoded', escaped(KEY, (code) => `%${code.toString(16)}`)],
    ['percent-encoded twice', escaped(KEY, (code) => `%25${code.toString(16)}`)],
    ['in base64', base64(KEY)],
    ['in base64 behind one byte', base64(`:${KEY}`)],
    ['in base64 behind two', base64(`u:${KEY}`)],
    ['in base64 by 15 characters of it', base64(KEY.slice(31, 46))],
    ['in base64 for URLs', Buffer.from(`?~${KEY}`).toString('base64url')],
    ['in base64 in the middle of a word', `abcde${base64(KEY)}`],
    ['in base64 broken over lines', lines(base64(KEY), 20)],
    ['in base64 inside JSON in a URL', encodeURIComponent(JSON.stringify({ 'a+b': base64(`{"k":"${KEY}"}`) }))],
    ['in hex', Buffer.from(KEY).toString('hex')],
    ['in hex at an odd place', `f${Buffer.from(KEY).toString('hex').toUpperCase()}`],
    ['as a Buffer that is inspected', inspect(Buffer.from(KEY))],
    ['as a Buffer in JSON', JSON.stringify(Buffer.from(KEY))],
    ['as a typed array that is inspected', inspect(Uint8Array.from(Buffer.from(KEY)), { maxArrayLength: null })],
    ['with its case reversed', swapped(KEY)],
    ['in capitals', KEY.toUpperCase()],
    ['with the escapes of JSON', JSON.stringify(JSON.stringify(`"${KEY.slice(0, 9)}\n${KEY.slice(9, 18)}"`))],
    ['with the escapes of JavaScript', escaped(KEY, (code) => `\\u00${code.toString(16)}`)],
    ['with the escapes of HTML', escaped(KEY, (code) => `&#x${code.toString(16)};`)],
    ['broken over lines', lines(KEY, 10)],
    ['in concatenated pieces', KEY.replace(/.{8}/g, `$&' +\n  '`)],
    ['letter by letter', [...KEY].join('\u200b')],
    ['in UTF-16', Buffer.from(KEY, 'utf16le')],
    ['between bytes that are no text', Buffer.concat([Buffer.from([0xff, 0, 0xfe]), Buffer.from(KEY)])],
  ])('%s', (_, output) => {
    const leaks = findLeaks(output, SECRETS);
    expect(leaks).toEqual([expect.objectContaining({ secret: `sk-proj...${KEY.slice(-4)}` })]);
    expect(findLeaks(inspect(leaks), SECRETS)).toEqual([]);
  });

  it('behind what stands before it, so that the place can be found', () => {
    expect(findLeaks(`GET /v1/models?key=${KEY}`, SECRETS)).toMatchObject([
      { form: 'as it is', after: 'GET /v1/models?key=' },
    ]);
  });

  it('among thousands', () => {
    const keys = Array.from({ length: 2_000 }, (_, n) => fakeKey('openai', n));
    const set = new SecretSet();
    for (const key of keys) set.add(key);
    expect(set.find(keys.map((key) => `${key.slice(0, 7)}...${key.slice(-4)}`).join())).toEqual([]);
    expect(set.find(`… ${keys[1_700]!.slice(20, 40)} …`)).toHaveLength(1);
  });
});

describe('no secret is', () => {
  it.each([
    ['the mask', `key=${KEY.slice(0, 7)}...${KEY.slice(-4)}`],
    ['the masks of many keys in a row', JSON.stringify(Array(9).fill(`${KEY.slice(0, 7)}...${KEY.slice(-4)}`))],
    ["a vendor's mask", `Incorrect API key provided: ${KEY.slice(0, 8)}${'*'.repeat(60)}${KEY.slice(-4)}.`],
    ['the id', '3f2a9c0b1d4e5f60'],
    ['11 characters of it', `${KEY.slice(40, 51)}! ${KEY.slice(60, 71)}`],
    ['the beginning that all keys of a vendor have', 'Keys begin with sk-ant-api03- or sk-proj-.'],
    ['a run of zeros', '0'.repeat(64)],
    ['a page of prose', 'Retries of one provider are kept within a budget. '.repeat(50)],
    ['random base64', Buffer.from(Array.from({ length: 4_000 }, (_, n) => (n * n * 31) % 251)).toString('base64')],
  ])('%s', (_, output) => {
    expect(findLeaks(output, [...SECRETS, '0'.repeat(40)])).toEqual([]);
  });

  it('a word that is too short to be told from others', () => {
    const set = new SecretSet();
    expect([set.add('ollama'), set.add(KEY), set.add(KEY)]).toEqual([false, true, false]);
    expect(set.find('ollama')).toEqual([]);
    expect(set.size).toBe(1);
  });
});
