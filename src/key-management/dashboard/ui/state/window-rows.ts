import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { rowLayout, type RowLayout } from '../model/key-rows';
import { useNarrow } from './narrow';

const OVERSCAN = 6;
const ROW_HEIGHT = { wide: 60, narrow: 144 };
const HEADING_HEIGHT = 40;

export interface RowWindow {
  scroller: RefObject<HTMLDivElement>;
  layout: RowLayout;
  first: number;
  /** One after the last. */
  end: number;
  onScroll: () => void;
  /** Moves the row into view. */
  reveal: (index: number) => void;
}

/**
 * Which rows of a long list are in sight, so that only those are in the page. Rows become cards where it is narrow.
 * @param headings Which rows are headings; undefined where none is.
 */
export function useRowWindow(count: number, headings?: readonly boolean[]): RowWindow {
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const rowHeight = narrow ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide;
  const layout = useMemo(() => rowLayout(count, rowHeight, HEADING_HEIGHT, headings), [count, rowHeight, headings]);
  const [range, setRange] = useState({ first: 0, end: 30 });

  const measure = (): void => {
    const { scrollTop, clientHeight } = scroller.current!;
    const first = Math.max(0, layout.indexAt(scrollTop) - OVERSCAN);
    const end = layout.indexAt(scrollTop + clientHeight) + 1 + OVERSCAN;
    setRange((before) => (before.first === first && before.end === end ? before : { first, end }));
  };

  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, [layout]);

  return {
    scroller,
    layout,
    first: Math.min(range.first, count),
    end: Math.min(range.end, count),
    onScroll: measure,
    reveal(index) {
      const element = scroller.current!;
      const head = element.firstElementChild?.clientHeight ?? 0;
      const top = layout.topOf(index);
      const room = element.clientHeight - head - (layout.topOf(index + 1) - top);
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top > element.scrollTop + room) element.scrollTop = top - room;
      measure();
    },
  };
}
