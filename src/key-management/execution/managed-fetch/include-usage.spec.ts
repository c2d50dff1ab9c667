import { PassingRedaction } from '../answers/passing-redaction';
import { askingForUsage, PassingThrough, WithoutUsageEvent } from './include-usage';
import type { ManagedRequest } from './managed-request';

const CHAT = '/v1/chat/completions';
const requestOf = (known: string | Uint8Array, method = 'POST'): ManagedRequest =>
  ({
    method,
    headers: new Headers({ 'content-length': '9', 'content-type': 'application/json' }),
    body: { value: known, known, once: false },
    text: Buffer.from(known).toString('latin1'),
  }) as unknown as ManagedRequest;

describe('askingForUsage', () => {
  it('asks a chat stream that does not say, and keeps all else as it is', () => {
    const body = { model: 'gpt-5', stream: true, messages: [{ role: 'user', content: 'Grüße, "stream": 💡' }] };
    for (const given of [JSON.stringify(body), Buffer.from(JSON.stringify(body))]) {
      const asking = askingForUsage(CHAT, requestOf(given))!;
      expect(JSON.parse(asking.body.known as string)).toEqual({ ...body, stream_options: { include_usage: true } });
      expect(asking.body.value).toBe(asking.body.known);
      expect(asking.headers.has('content-length')).toBe(false);
    }
  });

  it('keeps other options of the stream', () => {
    const given = JSON.stringify({ stream: true, stream_options: { include_obfuscation: false } });
    expect(JSON.parse(askingForUsage(CHAT, requestOf(given))!.body.known as string)).toEqual({
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true },
    });
  });

  it.each<[string, string, string, string]>([
    ['that wants it', CHAT, '{"stream":true,"stream_options":{"include_usage":true}}', 'POST'],
    ['that does not want it', CHAT, '{"stream":true,"stream_options":{"include_usage":false}}', 'POST'],
    ['that is no stream', CHAT, '{"stream":false}', 'POST'],
    ['of responses', '/v1/responses', '{"stream":true}', 'POST'],
    ['that is no JSON', CHAT, '{"stream":true', 'POST'],
    ['whose text writes of a stream', CHAT, '{"messages":[{"content":"\\"stream\\": true"}]}', 'POST'],
    ['that sends nothing', CHAT, '{"stream":true}', 'GET'],
  ])('leaves a request alone %s', (_, path, body, method) => {
    expect(askingForUsage(path, requestOf(body, method))).toBeUndefined();
  });
});

describe('WithoutUsageEvent', () => {
  const said = 'data: {"choices":[{"delta":{"content":"a"}}],"usage":null}\n\n';
  const filter = 'data: {"choices":[],"prompt_filter_results":[{}]}\n\n';
  const usage = 'data: {"id":"x","choices": [],"usage": {"prompt_tokens":1,"completion_tokens_details":{}}}\n\n';
  const text = `: alive\n\n${filter}${said}${said}${usage}data: [DONE]\n\n`;
  const through = (stream: string, length: number): string => {
    const passing = new PassingThrough(new WithoutUsageEvent(), new PassingRedaction([], false));
    const bytes = Buffer.from(stream);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += length) parts.push(passing.push(bytes.subarray(at, at + length)));
    return Buffer.concat([...parts, passing.end() ?? new Uint8Array()]).toString();
  };

  it.each([1, 2, 7, 64, 100_000])(
    'takes out the event that states the usage alone, in chunks of %d bytes',
    (length) => {
      expect(through(text, length)).toBe(text.replace(usage, ''));
    },
  );

  it('does so with line ends of two bytes, and at an end without one', () => {
    const crlf = text.replaceAll('\n', '\r\n');
    expect(through(crlf, 5)).toBe(crlf.replace(usage.replaceAll('\n', '\r\n'), ''));
    expect(through(`${said}${usage.trimEnd()}`, 5)).toBe(said);
  });

  it('lets a stream pass that states none, chunk by chunk', () => {
    const chunk = Buffer.from('data: {"choices":[{"delta":{"content":"a"}}]}\n\n');
    expect(new WithoutUsageEvent().push(chunk)).toBe(chunk);
  });

  it('holds back no line that is too long to be one', () => {
    const passing = new WithoutUsageEvent();
    expect(passing.push(Buffer.alloc(100_000, 'x')).byteLength).toBe(100_000);
  });
});
