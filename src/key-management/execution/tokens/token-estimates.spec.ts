import { anthropic } from '../../vendors/anthropic/anthropic';
import { google } from '../../vendors/google/google';
import { openai } from '../../vendors/openai/openai';
import { vendorOf } from '../../vendors/vendor-of';
import type { Usage } from '../../usage/usage';
import { booksOf, TokenEstimates, type TokenBooks } from './token-estimates';

const OPENAI = booksOf(vendorOf(openai));
const ANTHROPIC = booksOf(vendorOf(anthropic));
const GOOGLE = booksOf(vendorOf(google));
const text = (textBytes: number, maxOutput?: number) => ({ textBytes, files: 0, maxOutput });
const usage = (inputTokens: number, outputTokens: number, cachedInputTokens = 0): Usage => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
});

const estimates = (books: TokenBooks): TokenEstimates => new TokenEstimates(() => books);

describe('what a request is expected to take', () => {
  it('is a token for four bytes, before any answer has told better', () => {
    expect(estimates(OPENAI).expected('m', text(4_000, 100))).toEqual({ input: 1_000, output: 100 });
  });

  it('counts files by their number', () => {
    const one = estimates(OPENAI).expected('m', { textBytes: 400, files: 3, maxOutput: undefined });
    expect(one).toEqual({ input: 3_100, output: 0 });
  });

  it('goes by what answers to the same model stated', () => {
    const learning = estimates(OPENAI);
    for (let answer = 0; answer < 60; answer += 1) learning.learn('m', usage(1_000, 50), text(2_000));
    const { input } = learning.expected('m', text(2_000));
    expect(input).toBeGreaterThan(950);
    expect(input).toBeLessThanOrEqual(1_000);
    expect(learning.expected('other', text(2_000)).input).toBe(500);
  });

  it('hardly changes with a tiny request, most of which is JSON', () => {
    const learning = estimates(OPENAI);
    learning.learn('m', usage(8, 1), text(90));
    expect(learning.expected('m', text(4_000)).input).toBeGreaterThan(950);
  });

  it('learns no ratio from requests with files in them, nor from answers that state no input', () => {
    const learning = estimates(OPENAI);
    for (let answer = 0; answer < 60; answer += 1) {
      learning.learn('m', usage(90_000, 1), { textBytes: 100, files: 1, maxOutput: undefined });
      learning.learn('m', usage(0, 1), text(4_000));
      learning.learn('m', usage(4_000, 1));
    }
    expect(learning.expected('m', text(4_000)).input).toBe(1_000);
  });

  it('takes into account what is read from a cache, where the vendor does not book that', () => {
    const learning = estimates(ANTHROPIC);
    for (let answer = 0; answer < 100; answer += 1) learning.learn('m', usage(1_000, 1, 900), text(4_000));
    expect(learning.expected('m', text(4_000)).input).toBeLessThan(130);
  });

  it('holds of the output the most where the vendor books that, and else what answers had lately', () => {
    for (const [books, before, after] of [
      [OPENAI, 4_000, 4_000],
      [ANTHROPIC, 0, 160],
      [GOOGLE, 0, 0],
    ] as const) {
      const learning = estimates(books);
      expect(learning.expected('m', text(400, 4_000)).output).toBe(before);
      learning.learn('m', usage(100, 200));
      learning.learn('m', usage(100, 0));
      learning.learn('m', usage(100, 160));
      expect(learning.expected('m', text(400, 4_000)).output).toBe(after);
    }
  });

  it('is never more output than the request allows', () => {
    const learning = estimates(ANTHROPIC);
    learning.learn('m', usage(100, 900));
    expect(learning.expected('m', text(400, 64)).output).toBe(64);
  });

  it('remembers a bounded number of models', () => {
    const learning = estimates(OPENAI);
    learning.learn('first', usage(100, 900));
    for (let n = 0; n < 300; n += 1) learning.learn(`m${n}`, usage(100, 900));
    expect(learning.expected('first', text(400)).output).toBe(0);
    expect(learning.expected('m299', text(400)).output).toBe(900);
  });
});

describe('what a caller states', () => {
  it('is all tokens, or input and output', () => {
    const learning = estimates(OPENAI);
    learning.learn('m', usage(100, 70));
    expect(learning.stated('m', 500)).toEqual({ input: 500, output: 0 });
    expect(learning.stated('m', { input: 500, output: 9 })).toEqual({ input: 500, output: 9 });
    expect(learning.stated('m', { input: 500 })).toEqual({ input: 500, output: 70 });
  });
});

describe('what counts against a limit', () => {
  it.each<[string, TokenBooks, object]>([
    ['OpenAI', OPENAI, { input: 100, output: 7 }],
    ['Anthropic, without what a cache gave', ANTHROPIC, { input: 20, output: 7 }],
    ['Google, input alone', GOOGLE, { input: 100, output: 0 }],
  ])('is as %s books it', (_, books, booked) => {
    expect(estimates(books).booked(usage(100, 7, 80))).toEqual(booked);
  });

  it('is the most that the answer could have, where the vendor books that at the start', () => {
    expect(estimates(OPENAI).booked(usage(100, 7), 50).output).toBe(50);
    expect(estimates(OPENAI).booked(usage(100, 70), 50).output).toBe(70);
    expect(estimates(ANTHROPIC).booked(usage(100, 7), 50).output).toBe(7);
  });

  it('is certain of an estimate by half, and of the output where it is stated and booked', () => {
    const certain = (books: TokenBooks, most?: number) =>
      estimates(books).measured('m', text(4_004, most)).certainTokens;
    expect(certain(OPENAI, 300)).toEqual({ input: 500, output: 300 });
    expect(certain(OPENAI)).toEqual({ input: 500, output: 0 });
    expect(certain(ANTHROPIC, 300)).toEqual({ input: 500, output: 0 });
  });
});
