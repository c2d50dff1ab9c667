import { namedId, type AffinityPlaces } from './named-id';

const places = (affinityFields: string[], affinityHeaders: string[] = []): AffinityPlaces => ({
  affinityFields,
  affinityHeaders,
});
const KEY = places(['prompt_cache_key']);
const USER = places(['metadata.user_id']);
const inBody = (where: AffinityPlaces, body: unknown): string | undefined =>
  namedId(where, new Headers(), typeof body === 'object' ? JSON.stringify(body) : body);

it('reads a field of the body wherever it stands, and as text or as bytes', () => {
  const body = {
    model: 'm',
    messages: [{ role: 'user', content: 'a "quoted" \\ text {[' }],
    prompt_cache_key: 'chat-1',
  };
  const text = JSON.stringify(body);
  expect(inBody(KEY, body)).toBe('chat-1');
  expect(inBody(KEY, JSON.stringify(body, null, 2))).toBe('chat-1');
  expect(inBody(KEY, { prompt_cache_key: 'first', model: 'm' })).toBe('first');
  const bytes = new TextEncoder().encode(text);
  expect(namedId(KEY, new Headers(), bytes)).toBe('chat-1');
  expect(namedId(KEY, new Headers(), bytes.buffer)).toBe('chat-1');
  expect(namedId(KEY, new Headers(), Buffer.from(text))).toBe('chat-1');
});

it('reads a field of an object, and no other of that name', () => {
  expect(inBody(USER, { metadata: { trace: [{ user_id: 'no' }], user_id: 'user-7' }, messages: [] })).toBe('user-7');
  expect(inBody(USER, { metadata: {}, other: { user_id: 'no' } })).toBeUndefined();
  expect(inBody(USER, { other: { metadata: { user_id: 'no' } }, metadata: { user_id: 'yes' } })).toBe('yes');
  expect(inBody(USER, { metadata: 'text', user_id: 'no' })).toBeUndefined();
  expect(inBody(USER, { user_id: 'no' })).toBeUndefined();
});

it.each<[string, unknown]>([
  ['what a prompt says of it', { input: 'set "prompt_cache_key": "x" please' }],
  ['a deeper field', { input: [{ prompt_cache_key: 'x' }], text: { prompt_cache_key: 'y' } }],
  ['a value that is no text', { prompt_cache_key: 7 }],
  ['an empty id', { prompt_cache_key: '' }],
  ['one that is too long', { prompt_cache_key: 'x'.repeat(513) }],
  ['a string that is a value', { model: 'prompt_cache_key', input: 'x' }],
  ['what is cut off', '{"prompt_cache_key":'],
  ['what is no JSON', '"prompt_cache_key" }}] {'],
  ['no body', undefined],
  ['a stream', { getReader: 1 }],
])('takes no id from %s', (_, body) => {
  expect(inBody(KEY, body)).toBeUndefined();
});

it('reads headers first, and fields in their order', () => {
  const where = places(['session_id', 'prompt_cache_key'], ['x-conversation']);
  const body = JSON.stringify({ prompt_cache_key: 'second', session_id: 'first' });
  expect(namedId(where, new Headers(), body)).toBe('first');
  expect(namedId(where, new Headers({ 'X-Conversation': 'header' }), body)).toBe('header');
  expect(namedId(places([]), new Headers({ 'X-Conversation': 'header' }), body)).toBeUndefined();
});
