import { hasHiddenDotSegments } from './destination';

/** Below the base path, as `URL` writes it. */
const pathOf = (path: string): string => new URL(`https://x.test/base/${path}`).pathname.slice('/base/'.length);

describe('a path below the base URL', () => {
  it.each([
    '%252e%252e/b',
    '%25252e%25252e/b',
    '%252e./b',
    '.%25%32%65/b',
    '%2%65%2%65/b',
    '%252E%252E%252Fb',
    '..%252fb',
    '..%255cb',
    'v1%2f..%2f..%2fb',
    'v1%5c..%5cb',
    '..;/b',
    '.;/b',
    '..;jsessionid=1/b',
    '%2e%2e;x=1/b',
    '..%3b/b',
    '..%253bx/b',
    '..%3fx/b',
    '..%2523x/b',
    '..%00/b',
    '.%00./b',
    '..%09/b',
    '.%0a./b',
    '%0d..%0a/b',
    '..%20/b',
    '%c2%a0../b',
    '%e2%80%8b..%e2%80%8b/b',
    '%u002e%u002e/b',
    '%uff0e%uff0e/b',
    '%25u002e%25u002e/b',
    '．．/b',
    '‥/b',
    '..／b',
    '..%ef%bc%8fb',
    '%c0%ae%c0%ae/b',
    '%25c0%25ae/b',
    '%e0%80%ae/b',
    '%f0%80%80%ae/b',
    '%c1%9c../b',
    `%${'25'.repeat(12)}2e`,
    '..%2f',
    'v1/%252e%252e',
  ])('D12: %s may climb out', (path) => {
    expect(hasHiddenDotSegments(pathOf(path))).toBe(true);
  });

  it.each([
    '',
    'v1/models',
    'v1/models/ft:gpt-4o:org::id',
    'v1beta/models/gemini-2.5-flash:streamGenerateContent',
    'v1/models/meta-llama%2FLlama-3.3-70B-Instruct',
    'models/accounts%252Ffireworks%252Fmodels%252Fx',
    'v1/files/report..final.pdf',
    'v1/files/...',
    'v1/.well-known/x',
    'v1/objects/a;version=2/b',
    'v1/objects/100%25',
    'v1/objects/%7B%22a%22%3A1%7D',
    'v1/objects/gr%C3%BC%C3%9Fe',
    'v1/objects/%E6%A8%A1%E5%9E%8B/%F0%9F%92%A5',
    'v1/objects/%FF%zz%',
    'model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x.y-v1%3A0/converse',
    'openai/deployments/gpt-4.1/chat/completions',
  ])('D12: %s stays below', (path) => {
    expect(hasHiddenDotSegments(pathOf(path))).toBe(false);
  });
});
