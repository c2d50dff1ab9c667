import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { standingWords, type TableRow } from '../model/key-rows';
import { counted } from '../model/format';
import { openKey } from '../state/opened-key';
import { selectAll, selection, toggleSelected } from '../state/selection';
import { useStore } from '../state/store';
import { openDialog } from '../state/view';
import { tableKey } from '../state/key-table';
import { useRowWindow } from '../state/window-rows';
import { useReadOnly } from './context';
import { GridHead } from './grid-head';
import { KeyRow } from './key-row';
import { SelectBox } from './select-box';

const nameOf = (row: TableRow): string => (row.kind === 'key' ? tableKey(row.key.provider, row.key.id) : row.name);

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
export function KeyGrid({ rows: all }: { rows: readonly TableRow[] }): JSX.Element {
  const headings = useMemo(
    () => (all.some(({ kind }) => kind === 'heading') ? all.map(({ kind }) => kind === 'heading') : undefined),
    [all],
  );
  const rows = useRowWindow(all.length, headings);
  const why = useReadOnly();
  const [active, setActive] = useState({ name: '', index: 0 });
  const owned = useRef(false);
  const wanted = useRef<number>();

  const found = all.findIndex((row) => nameOf(row) === active.name);
  const activeIndex = found >= 0 ? found : Math.min(active.index, all.length - 1);

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
    const to = Math.max(0, Math.min(all.length - 1, index));
    wanted.current = to;
    setActive({ name: nameOf(all[to]!), index: to });
    rows.reveal(to);
  };

  /** Keys that act on the row itself; on what is inside it they are its own. */
  const actOnRow = (event: KeyboardEvent): boolean => {
    const row = all[activeIndex];
    if (row?.kind !== 'key' || event.target !== rowElement(activeIndex)) return false;
    if (event.key === 'Enter') openKey(row.key);
    else if (event.key === ' ') toggleSelected(row.key);
    else return false;
    return true;
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    const row = all[activeIndex];
    if (step !== undefined) moveTo(activeIndex + step);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') moveInside(event, rowElement(activeIndex));
    else if (event.key === 'Delete' && why === undefined && row?.kind === 'key')
      openDialog.set({ kind: 'delete', key: row.key });
    else if (!actOnRow(event)) return;
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
      aria-rowcount={all.length + 1}
      aria-multiselectable
      onScroll={rows.onScroll}
    >
      <GridHead />
      <div
        class="grid-body"
        role="rowgroup"
        style={{ height: `${rows.layout.height}px` }}
        onKeyDown={onKeyDown}
        onFocusIn={(event) => {
          owned.current = true;
          const index = Number((event.target as Element).closest<HTMLElement>('[data-index]')?.dataset['index']);
          if (all[index]) setActive({ name: nameOf(all[index]), index });
        }}
        onFocusOut={({ relatedTarget }) => {
          if (relatedTarget !== null) owned.current = false;
        }}
      >
        {indexes.map((index) => {
          const row = all[index]!;
          const shared = { index, top: rows.layout.topOf(index), active: index === activeIndex };
          return row.kind === 'key' ? (
            <KeyRow key={nameOf(row)} entry={row.key} {...shared} />
          ) : (
            <HeadingRow key={row.name} row={row} {...shared} />
          );
        })}
      </div>
      <p id="grid-help" class="hidden">
        Arrow keys up and down move through the rows, right and left to the actions of a row. Enter opens the key, the
        space bar selects it.
      </p>
    </div>
  );
}

interface HeadingRowProps {
  row: TableRow & { kind: 'heading' };
  index: number;
  top: number;
  active: boolean;
}

function HeadingRow({ row: { title, keys }, index, top, active }: HeadingRowProps): JSX.Element {
  const selected = useStore(
    selection,
    (names) => keys.filter(({ provider, id }) => names.has(tableKey(provider, id))).length,
  );
  return (
    <div
      class="grid-row grid-heading"
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={active ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div class="cell cell-select" role="gridcell">
        <SelectBox
          label={`Select the ${counted(keys.length, 'key')} under ${title}`}
          tabIndex={-1}
          selected={selected}
          total={keys.length}
          onChange={(chosen) => selectAll(keys, chosen)}
        />
      </div>
      <div class="cell cell-heading" role="rowheader">
        <b>{title}</b> <span class="faint">{standingWords(keys)}</span>
      </div>
    </div>
  );
}

const range = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, index) => first + index);

function moveInside(event: KeyboardEvent, row: HTMLElement | null): void {
  if (!row) return;
  const stops = [row, ...row.querySelectorAll<HTMLElement>('input, a, button')];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops[Math.max(0, Math.min(stops.length - 1, at + (event.key === 'ArrowRight' ? 1 : -1)))]?.focus();
}
