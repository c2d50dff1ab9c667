import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { KeyEntry } from '../api/types';
import { openDialog } from '../state/view';
import { tableKey } from '../state/key-table';
import { useRowWindow } from '../state/window-rows';
import { useReadOnly } from './context';
import { GridHead } from './grid-head';
import { KeyRow } from './key-row';

const nameOf = (key: KeyEntry): string => tableKey(key.provider, key.id);

/** Steps of the keys that move through rows; a page is what the eye takes in. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
};

/**
 * A grid with one tab stop. Up and down go through rows, left and right to a row's actions and back. Only rows in sight are in
 * the page, and the active one, so that focus is never lost by scrolling.
 */
export function KeyGrid({ keys }: { keys: readonly KeyEntry[] }): JSX.Element {
  const rows = useRowWindow(keys.length);
  const why = useReadOnly();
  const [active, setActive] = useState({ name: '', index: 0 });
  const owned = useRef(false);
  const wanted = useRef<number>();

  const found = keys.findIndex((key) => nameOf(key) === active.name);
  const activeIndex = found >= 0 ? found : Math.min(active.index, keys.length - 1);

  const rowElement = (index: number): HTMLElement | null =>
    rows.scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? null;

  // After the row that was asked for is in the page, and after the focused row went out of it with its key.
  useLayoutEffect(() => {
    const lost = owned.current && document.activeElement === document.body;
    const index = wanted.current ?? (lost ? activeIndex : undefined);
    wanted.current = undefined;
    if (index !== undefined) rowElement(index)?.focus({ preventScroll: true });
  });

  const moveTo = (index: number): void => {
    const to = Math.max(0, Math.min(keys.length - 1, index));
    wanted.current = to;
    setActive({ name: nameOf(keys[to]!), index: to });
    rows.reveal(to);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step !== undefined) moveTo(activeIndex + step);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') moveInside(event, rowElement(activeIndex));
    else if (event.key === 'Delete' && why === undefined) openDialog.set({ kind: 'delete', key: keys[activeIndex]! });
    else return;
    event.preventDefault();
  };

  const indexes = range(rows.first, rows.end);
  if (activeIndex < rows.first) indexes.unshift(activeIndex);
  else if (activeIndex >= rows.end) indexes.push(activeIndex);

  return (
    <div
      ref={rows.scroller}
      class="grid"
      role="grid"
      aria-labelledby="keys-title"
      aria-describedby="grid-help"
      aria-rowcount={keys.length + 1}
      onScroll={rows.onScroll}
    >
      <GridHead />
      <div
        class="grid-body"
        role="rowgroup"
        style={{ height: `${keys.length * rows.rowHeight}px` }}
        onKeyDown={onKeyDown}
        onFocusIn={(event) => {
          owned.current = true;
          const index = Number((event.target as Element).closest<HTMLElement>('[data-index]')?.dataset['index']);
          if (keys[index]) setActive({ name: nameOf(keys[index]), index });
        }}
        onFocusOut={({ relatedTarget }) => {
          if (relatedTarget !== null) owned.current = false;
        }}
      >
        {indexes.map((index) => (
          <KeyRow
            key={nameOf(keys[index]!)}
            entry={keys[index]!}
            index={index}
            top={index * rows.rowHeight}
            active={index === activeIndex}
          />
        ))}
      </div>
      <p id="grid-help" class="hidden">
        Arrow keys up and down move through the rows, right and left to the actions of a row.
      </p>
    </div>
  );
}

const range = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, index) => first + index);

function moveInside(event: KeyboardEvent, row: HTMLElement | null): void {
  if (!row) return;
  const stops = [row, ...row.querySelectorAll<HTMLElement>('button')];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops[Math.max(0, Math.min(stops.length - 1, at + (event.key === 'ArrowRight' ? 1 : -1)))]?.focus();
}
