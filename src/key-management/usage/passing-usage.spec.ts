import { PassingUsage } from './passing-usage';
import type { Usage } from './usage';
import { UsageReader } from './usage-reader';

const of = (inputTokens: number, outputTokens: number, cachedInputTokens = 0): Usage => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
});

describe('PassingUsage', () => {
  const passing = (...chunks: string[]) => passingOf(new UsageReader(), ...chunks);
  const passingOf = (reader: UsageReader, ...chunks: string[]): { last: Usage | undefined; first: Usage[] } => {
    const first: Usage[] = [];
    const passing = new PassingUsage(reader, 'json', (usage) => void first.push(usage));
    for (const chunk of chunks) passing.push(new TextEncoder().encode(chunk));
    return { last: passing.found().usage, first };
  };

  it('finds the usage at the end of a long stream, also across chunks', () => {
    const openAi = passing(
      'data: {"choices":[],"usage":null}\n'.repeat(10_000),
      'data: {"usage":{"prompt_tok',
      'ens":40,"completion_tokens":2,"total_tokens":42,"prompt_tokens_details":{"cached_tokens":30}}}\n',
    );
    expect(openAi).toEqual({ last: of(40, 2, 30), first: [] });
  });

  it('tells what the beginning says, once, and the last word in the end', () => {
    const google = passing(
      'data: {"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}\n',
      'data: {"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":5,"totalTokenCount":9}}\n',
    );
    expect(google).toEqual({ last: of(4, 5), first: [of(4, 0)] });
  });

  it('takes Anthropic’s input from the beginning and its output from the end', () => {
    const start = 'data: {"message":{"usage":{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":1}}}\n';
    const { first, last } = passing(start, 'data: y\n'.repeat(10_000), 'data: {"usage":{"output_tokens":32}}\n');
    expect(first).toEqual([of(100, 1, 90)]);
    expect(last).toEqual(of(100, 32, 90));
  });

  it('does so where all comes at once', () => {
    const whole =
      'data: {"message":{"usage":{"input_tokens":10,"output_tokens":1}}}\n\ndata: {"usage":{"output_tokens":32}}\n';
    expect(passing(whole)).toEqual({ last: of(10, 32), first: [of(10, 32)] });
  });

  it('knows what was said of a stream that broke off', () => {
    const { last } = passing(
      'data: {"message":{"usage":{"input_tokens":10,"output_tokens":1}}}\n',
      'data: {"usage":{"out',
    );
    expect(last).toEqual(of(10, 1));
  });

  it('reads counts that stand in the last line itself', () => {
    const { last } = passingOf(
      new UsageReader({ places: [''], input: ['prompt_eval_count'], output: ['eval_count'] }),
      '{"response":"x"}\n'.repeat(2_000),
      '{"done":true,"prompt_eval_count":26,"eval_count":298}\n',
    );
    expect(last).toEqual(of(26, 298));
  });

  it('does not believe an answer that writes of usage', () => {
    const written = JSON.stringify({ delta: 'It ends with {"usage":{"prompt_tokens":999}}' });
    expect(passing(`data: ${written}\n`)).toEqual({ last: undefined, first: [] });
  });

  it('says nothing where nothing is said', () => {
    expect(passing('data: [DONE]\n').last).toBeUndefined();
  });

  it('holds no more than a part of the stream', () => {
    const taken = jest.spyOn(Buffer, 'allocUnsafe');
    passing(...Array.from({ length: 3_000 }, () => 'data: {"choices":[]}\n'.repeat(10)));
    expect(Math.max(...taken.mock.calls.map(([length]) => length))).toBeLessThanOrEqual(20_480);
    taken.mockRestore();
  });

  it('does not fill what was said with noughts that come later', () => {
    const start = 'data: {"message":{"usage":{"input_tokens":10,"output_tokens":1}}}\n';
    expect(passing(start, 'data: {"usage":{"input_tokens":0,"output_tokens":32}}\n').last).toEqual(of(10, 32));
  });

  it('names the model that the answer names', () => {
    const passing = new PassingUsage(new UsageReader(), 'json');
    passing.push(Buffer.from('data: {"message":{"model":"claude-haiku-4-5"}}\n'));
    expect(passing.found()).toMatchObject({ usage: undefined, model: 'claude-haiku-4-5' });
  });
});
