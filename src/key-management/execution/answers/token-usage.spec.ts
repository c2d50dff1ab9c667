import { PassingUsage, tokensIn } from './token-usage';

const unreadable = (name: string): object =>
  Object.defineProperty({}, name, {
    get: () => {
      throw new Error('not yet');
    },
  });

describe('tokensIn', () => {
  it.each([
    ['OpenAI', { usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }, 7],
    ['Anthropic', { usage: { input_tokens: 3, output_tokens: 4 } }, 7],
    ['Google', { usageMetadata: { totalTokenCount: 7 } }, 7],
    ['the Vercel AI SDK', { usage: { totalTokens: 7 } }, 7],
    ['an answer that says nothing', { usage: null }, 0],
    ['no object', 'text', 0],
    ['an answer that cannot be read', unreadable('usage'), 0],
    ['usage that cannot be read', { usage: unreadable('total_tokens') }, 0],
  ])('reads %s', (_, answer, tokens) => {
    expect(tokensIn(answer)).toBe(tokens);
  });
});

describe('PassingUsage', () => {
  const passing = (...chunks: string[]): number => {
    const usage = new PassingUsage();
    for (const chunk of chunks) usage.push(new TextEncoder().encode(chunk));
    return usage.tokens;
  };

  it('finds the total at the end of a long stream, also across chunks', () => {
    expect(passing('data: x\n'.repeat(10_000), 'data: {"usage":{"total_to', 'kens": 42}}\n')).toBe(42);
    expect(
      passing('data: {"usageMetadata":{"totalTokenCount":5}}\n', 'data: {"usageMetadata":{"totalTokenCount":9}}\n'),
    ).toBe(9);
  });

  it('adds Anthropic’s input at the beginning and output at the end', () => {
    const start = 'data: {"message":{"usage":{"input_tokens":10,"output_tokens":1}}}\n';
    expect(passing(start, 'data: y\n'.repeat(10_000), 'data: {"usage":{"output_tokens":32}}\n')).toBe(42);
  });

  it('is 0 where nothing is said', () => {
    expect(passing('data: [DONE]\n')).toBe(0);
  });
});
