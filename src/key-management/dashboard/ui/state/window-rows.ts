import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { useNarrow } from './narrow';

const OVERSCAN = 6;
const ROW_HEIGHT = { wide: 60, narrow: 136 };

export interface RowWindow {
  scroller: RefObject<HTMLDivElement>;
  rowHeight: number;
  first: number;
  /** One after the last. */
  end: number;
  onScroll: () => void;
  /** Moves the row into view. */
  reveal: (index: number) => void;
}

/** Which rows of a long list are in sight, so that only those are in the page. Rows become cards where it is narrow. */
export function useRowWindow(count: number): RowWindow {
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const rowHeight = narrow ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide;
  const [range, setRange] = useState({ first: 0, end: 30 });

  const measure = (): void => {
    const { scrollTop, clientHeight } = scroller.current!;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
    const end = Math.ceil((scrollTop + clientHeight) / rowHeight) + OVERSCAN;
    setRange((before) => (before.first === first && before.end === end ? before : { first, end }));
  };

  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, [rowHeight, count]);

  return {
    scroller,
    rowHeight,
    first: Math.min(range.first, count),
    end: Math.min(range.end, count),
    onScroll: measure,
    reveal(index) {
      const element = scroller.current!;
      const head = element.firstElementChild?.clientHeight ?? 0;
      const top = index * rowHeight;
      const room = element.clientHeight - head - rowHeight;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top > element.scrollTop + room) element.scrollTop = top - room;
      measure();
    },
  };
}
