import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { counted } from '../model/format';
import { countVerdicts, verdictOutcomes } from '../model/verdicts';
import type { KeyAdding } from '../state/key-adding';
import { useStore } from '../state/store';
import { Button } from './button';
import { OutcomeList } from './outcome-list';

export function AddKeysProgress({ adding, onClose }: { adding: KeyAdding; onClose: () => void }): JSX.Element {
  const { phase, total, verdicts, unsent, problem, notice } = useStore(adding.state);
  const foot = useRef<HTMLElement>(null);
  const counts = useMemo(() => countVerdicts(verdicts), [verdicts]);
  const outcomes = useMemo(() => verdictOutcomes(adding.provider, verdicts), [verdicts]);

  useEffect(() => foot.current?.querySelector('button')?.focus(), [phase]);

  return (
    <>
      <div class="dialog-body">
        <progress class="progress" value={verdicts.length} max={total} aria-label="Keys checked" />
        <p role="status">
          <b>
            {phase === 'sending' ? 'Checking' : 'Checked'} {verdicts.length} of {counted(total, 'key')}
          </b>
          : {counts.added} added, {counts.present} there already, {counts.refused} refused
        </p>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {phase === 'done' && unsent > 0 && (
          <p class="note">{counted(unsent, 'key')} without a verdict. Sending again is safe.</p>
        )}
        {notice !== undefined && <p class="note">{notice}</p>}
        <OutcomeList outcomes={outcomes} />
      </div>
      <footer class="dialog-foot" ref={foot}>
        {phase === 'sending' ? (
          <Button onClick={() => adding.stop()}>Stop</Button>
        ) : (
          <>
            {unsent > 0 && <Button onClick={() => void adding.sendWaiting()}>Send the other {unsent}</Button>}
            <Button kind="primary" onClick={onClose}>
              Done
            </Button>
          </>
        )}
      </footer>
    </>
  );
}
