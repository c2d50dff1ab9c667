import fc from 'fast-check';
import { TimeHeap, type Timed } from './time-heap';

interface Item extends Timed {
  name: number;
}

const item = (name: number): Item => ({ name, until: 0, heapIndex: -1 });

type Step = { do: 'put'; name: number; until: number } | { do: 'remove'; name: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('put' as const), name: fc.nat(15), until: fc.nat(50) }),
    fc.record({ do: fc.constant('remove' as const), name: fc.nat(15) }),
  ),
  { maxLength: 200 },
);

describe('TimeHeap', () => {
  it('gives its items in the order of their times, whatever was put, moved and removed before', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const heap = new TimeHeap<Item>();
        const items = Array.from({ length: 16 }, (_, name) => item(name));
        const model = new Map<number, number>();
        for (const step of script) {
          const one = items[step.name]!;
          if (step.do === 'put') {
            one.until = step.until;
            heap.put(one);
            model.set(step.name, step.until);
          } else {
            heap.remove(one);
            model.delete(step.name);
          }
          expect(heap.size).toBe(model.size);
          expect(heap.peek()?.until).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
          for (const each of items) expect(each.heapIndex >= 0).toBe(model.has(each.name));
        }
        const drained: number[] = [];
        for (let first = heap.peek(); first; first = heap.peek()) {
          drained.push(first.until);
          heap.remove(first);
        }
        expect(drained).toEqual([...model.values()].sort((a, b) => a - b));
      }),
    );
  });
});
