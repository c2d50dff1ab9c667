import { ErrorWatch } from './answer-watch';

const bytes = (text: string) => new TextEncoder().encode(text);
const error = 'data: {"error":{"code":"insufficient_quota"}}';
function found(chunks: readonly (string | Uint8Array)[]): string | undefined {
  const watch = new ErrorWatch();
  for (const chunk of chunks) {
    const hit = watch.push(typeof chunk === 'string' ? bytes(chunk) : chunk);
    if (hit !== undefined) return hit;
  }
  return watch.end();
}

describe('ErrorWatch', () => {
  it('finds an error event, cut anywhere', () => {
    const whole = `data: {"choices":[]}\r\n\r\n${error}\n\n`;
    expect(found([whole])).toContain('insufficient_quota');
    for (let at = 1; at < whole.length; at += 1)
      expect(found([whole.slice(0, at), whole.slice(at)])).toContain('insufficient_quota');
    expect(found([...bytes(whole)].map((byte) => Uint8Array.of(byte)))).toContain('insufficient_quota');
    expect(found([error])).toContain('insufficient_quota');
  });

  it('D6: finds the word of MiniMax that the call failed, not that it went well', () => {
    const last = (code: number) => `data: {"choices":[],"base_resp":{"status_code":${code},"status_msg":"x"}}\n\n`;
    expect(found(['data: {"choices":[{"delta":{"content":"x"}}]}\n\n', last(1008)])).toContain('1008');
    expect(found([last(0)])).toBeUndefined();
  });

  it.each(['\n', '\r\n'])('finds an error that only the name of its event says, with lines that end in %j', (end) => {
    const event = ['id:1', 'event:error', ':HTTP_STATUS/429', 'data:{"code":"Throttling","message":"x"}', '', ''].join(
      end,
    );
    const whole = `event: result${end}data: {"output":{}}${end}${end}${event}`;
    expect(found([whole])).toContain('Throttling');
    expect(found([whole.replace('event:error', 'event: error')])).toContain('Throttling');
    for (let at = 1; at < whole.length; at += 1)
      expect([at, found([whole.slice(0, at), whole.slice(at)])]).toEqual([at, expect.stringContaining('Throttling')]);
    expect(found([...bytes(whole)].map((byte) => Uint8Array.of(byte)))).toContain('Throttling');
  });

  it('takes the name of an event for that event alone', () => {
    const next = 'data: {"output":{"code":"a"}}\n\n';
    expect(found(['event: error\n\n', next])).toBeUndefined();
    expect(found(['event: error\nevent: result\n', next])).toBeUndefined();
    expect(found(['event: errors\n', next])).toBeUndefined();
    expect(found(['data: {"text":"\\nevent: error"}\n', next])).toBeUndefined();
    expect(found(['event: error\ndata: [1]\n\n'])).toBeUndefined();
  });

  it('is not fooled by what a model says', () => {
    expect(found(['data: {"choices":[{"delta":{"content":"{\\"error\\":{\\"code\\":1}}"}}]}\n\n'])).toBeUndefined();
    expect(found(['data: {"type":"response.completed","response":{"error":null}}\n\n'])).toBeUndefined();
    expect(found([`text ${error.slice(6)}\n\n`])).toBeUndefined();
  });

  it('passes over a line too long, and finds what comes after it', () => {
    const long = Array.from({ length: 30 }, () => 'x'.repeat(10_000));
    expect(found(['data: ', ...long, `"error"\n\n${error}\n\n`])).toContain('insufficient_quota');
    expect(found(['data: {"error":{"code":"', ...long, '"}}\n\n'])).toBeUndefined();
  });
});
