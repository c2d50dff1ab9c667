import { SseEvents } from './sse-events';

const bytes = (text: string) => new TextEncoder().encode(text);
const dataOf = (chunks: string[]) => {
  const events = new SseEvents();
  return [...chunks.flatMap((chunk) => events.push(bytes(chunk))), ...events.end()].map(({ data }) => data);
};

describe('SseEvents', () => {
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
    const events = new SseEvents();
    const read = [...euro].flatMap((byte) => events.push(Uint8Array.of(byte)));
    expect([...read, ...events.end()]).toEqual([{ name: undefined, data: '5 €' }]);
  });

  it('tells the name of an event', () => {
    expect(new SseEvents().push(bytes('event: error\ndata: {}\n\ndata: {}\n\n'))).toEqual([
      { name: 'error', data: '{}' },
      { name: undefined, data: '{}' },
    ]);
  });
});
