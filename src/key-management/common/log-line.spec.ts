import { logFieldsOf, logLine } from './log-line';

describe('a line of the log', () => {
  const fields = {
    provider: 'openai',
    key_id: '1234567890123456',
    status: 401,
    ms: 1.5,
    digits: '17',
    reason: 'a "b" = c\\',
  };

  it('E11: is text, and its fields can be read again with their kinds', () => {
    const line = logLine('key removed', { ...fields, until: undefined });
    expect(line).toBe(
      String.raw`key removed provider=openai key_id=1234567890123456 status=401 ms=1.5 digits="17" reason="a \"b\" = c\\"`,
    );
    expect(logFieldsOf(line)).toEqual({ event: 'key removed', ...fields });
  });

  it.each(['openai: 2 healthy', 'Listening on http://x?a=b c', 'x a=1 b', 'x a="1', ''])(
    'E11: takes no other text for one: %s',
    (text) => {
      expect(logFieldsOf(text)).toBeUndefined();
    },
  );
});
