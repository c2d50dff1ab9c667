import { redisUrlProblem, redisUrlsOf } from './redis-url';

describe('the nodes of a Redis URL', () => {
  it.each([
    ['redis://h', ['redis://h']],
    ['redis://u:p@a:1/2?family=6', ['redis://u:p@a:1/2?family=6']],
    ['redis://a:1,b:2', ['redis://a:1', 'redis://b:2']],
    [' rediss://u:p@a:1, b:2 ,c/0 ', ['rediss://u:p@a:1/0', 'rediss://u:p@b:2/0', 'rediss://u:p@c/0']],
    ['redis://u:p@a:1,redis://u:p@b:2', ['redis://u:p@a:1', 'redis://u:p@b:2']],
    ['redis://:p,q@a:1,b:2', ['redis://:p,q@a:1', 'redis://:p,q@b:2']],
    ['redis://[::1]:1,[::2]:2', ['redis://[::1]:1', 'redis://[::2]:2']],
  ])('C9: of %j', (url, nodes) => {
    expect(redisUrlsOf(url)).toEqual(nodes);
    expect(redisUrlProblem(url)).toBeUndefined();
  });

  it('C9: is read in linear time', () => {
    for (const part of [',', '@', 'redis://', ' ', 'redis://a,'])
      expect(redisUrlProblem(part.repeat(50_000))).toBeDefined();
  });
});
