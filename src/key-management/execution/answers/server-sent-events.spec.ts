import { ServerSentEvents } from './server-sent-events';

const bytes = (text: string) => new TextEncoder().encode(text);
const dataOf = (chunks: string[]) => {
  const events = new ServerSentEvents();
  return [...chunks.flatMap((chunk) => events.push(bytes(chunk))), ...events.end()].map(({ data }) => data);
};

describe('ServerSentEvents', () => {
  const text = 'event: a\ndata: {"x":1}\n\n: comment\n\ndata: two\ndata: lines\n\ndata:[DONE]\n\n';
  const expected = ['{"x":1}', 'two\nlines', '[DONE]'];

  it.each([
    ['LF', text],
    ['CRLF', text.replaceAll('\n', '\r\n')],
    ['CR', text.replaceAll('\n', '\r')],
  ])('reads events whose lines end with %s, cut anywhere', (_, whole) => {
    expect(dataOf([whole])).toEqual(expected);
    expect(dataOf([...whole])).toEqual(expected);
    for (let at = 1; at < whole.length; at += 1)
      expect(dataOf([whole.slice(0, at), whole.slice(at)])).toEqual(expected);
  });

  it('reads a last event without its blank line, and characters cut in two', () => {
    const euro = bytes('data: 5 €');
    const events = new ServerSentEvents();
    const read = [...euro].flatMap((byte) => events.push(Uint8Array.of(byte)));
    expect([...read, ...events.end()]).toEqual([{ event: undefined, data: '5 €' }]);
  });

  it('passes over a byte order mark, and counts comments', () => {
    const events = new ServerSentEvents();
    expect(events.push(bytes('\ufeffdata: one\n\n: ping\n\n: ping\n\n'))).toMatchObject([{ data: 'one' }]);
    expect(events.comments).toBe(2);
  });

  it('reads an event of megabytes in small chunks', () => {
    const events = new ServerSentEvents();
    const chunk = bytes('x'.repeat(1_000));
    events.push(bytes('data: '));
    for (let n = 0; n < 4_000; n += 1) expect(events.push(chunk)).toEqual([]);
    expect(events.push(bytes('\n\n'))[0]?.data).toHaveLength(4_000_000);
  });

  it('tells the name of an event', () => {
    expect(new ServerSentEvents().push(bytes('event: error\ndata: {}\n\ndata: {}\n\n'))).toEqual([
      { event: 'error', data: '{}' },
      { event: undefined, data: '{}' },
    ]);
  });
});
