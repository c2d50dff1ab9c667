import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { BulkOutcome } from '../model/bulk';
import { Button } from './button';
import { OutcomeList } from './outcome-list';

interface KeysProgressProps {
  running: boolean;
  /** Keys that have an outcome, of all. */
  done: number;
  total: number;
  /** What the bar counts, for those who do not see it. */
  label: string;
  /** How far it is. */
  summary: ComponentChildren;
  /** What is left undone, and what becomes of it; undefined for nothing. */
  left: { note: ComponentChildren; button: ComponentChildren; go: () => void } | undefined;
  problem: string | undefined;
  notice: string | undefined;
  outcomes: readonly BulkOutcome[];
  onStop: () => void;
  onClose: () => void;
}

/** How far something is that is done to many keys, with what came of each. */
export function KeysProgress(props: KeysProgressProps): JSX.Element {
  const { running, left, problem, notice } = props;
  const foot = useRef<HTMLElement>(null);

  useEffect(() => foot.current?.querySelector('button')?.focus(), [running]);

  return (
    <>
      <div class="dialog-body">
        <progress class="progress" value={props.done} max={props.total} aria-label={props.label} />
        <p role="status">{props.summary}</p>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {notice !== undefined && <p class="note">{notice}</p>}
        {!running && left && <p class="note">{left.note}</p>}
        <OutcomeList outcomes={props.outcomes} />
      </div>
      <footer class="dialog-foot" ref={foot}>
        {running ? (
          <Button onClick={props.onStop}>Stop</Button>
        ) : (
          <>
            {left && <Button onClick={left.go}>{left.button}</Button>}
            <Button kind="primary" onClick={props.onClose}>
              Done
            </Button>
          </>
        )}
      </footer>
    </>
  );
}
