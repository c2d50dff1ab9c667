import { hashOf, quickHashOf } from './hash';

// The values are a contract among instances of different releases: an id must keep its account.
it('gives the same numbers for ever', () => {
  expect([hashOf(''), hashOf('a'), hashOf('conversation-1')]).toMatchInlineSnapshot(`
   [
     2872998923,
     444641715,
     3875403082,
   ]
  `);
  expect([quickHashOf(''), quickHashOf('a'), quickHashOf('conversation-1')]).toMatchInlineSnapshot(`
   [
     2872998923,
     2830699299,
     1265808317,
   ]
  `);
});

it.each([hashOf, quickHashOf])('spreads alike texts evenly: %p', (hash) => {
  const buckets = new Array<number>(64).fill(0);
  for (let n = 0; n < 64_000; n += 1) buckets[hash(`user-${n}-session`) & 63]! += 1;
  expect(Math.max(...buckets)).toBeLessThan(1_150);
  expect(Math.min(...buckets)).toBeGreaterThan(850);
});
