import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface SelectBoxProps {
  /** For screen readers, where no text stands beside it. */
  label?: string;
  tabIndex?: number;
  /** How many of `total` are selected. */
  selected: number;
  total: number;
  onChange: (selected: boolean) => void;
  children?: ComponentChildren;
}

/** A checkbox for several things at once: some of them chosen is neither on nor off. */
export function SelectBox({ label, tabIndex, selected, total, onChange, children }: SelectBoxProps): JSX.Element {
  const box = useRef<HTMLInputElement>(null);
  const isAll = total > 0 && selected === total;
  useLayoutEffect(() => {
    box.current!.indeterminate = selected > 0 && !isAll;
  });
  const input = (
    <input
      ref={box}
      type="checkbox"
      checked={isAll}
      {...(label !== undefined && { 'aria-label': label })}
      {...(tabIndex !== undefined && { tabIndex })}
      onChange={() => onChange(!isAll)}
    />
  );
  return children === undefined ? (
    input
  ) : (
    <label class="select-box">
      {input}
      {children}
    </label>
  );
}
