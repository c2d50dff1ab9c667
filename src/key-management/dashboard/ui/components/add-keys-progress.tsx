import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { KeyVerdict } from '../api/types';
import { counted } from '../model/format';
import { countVerdicts, describeVerdict, sortedVerdicts } from '../model/verdicts';
import type { KeyAdding } from '../state/key-adding';
import { useStore } from '../state/store';
import { Button } from './button';
import { Shape } from './icon';

/** A list of a thousand lines helps nobody; the counts above are complete. */
const MOST_LINES = 200;

export function AddKeysProgress({ adding, onClose }: { adding: KeyAdding; onClose: () => void }): JSX.Element {
  const { phase, total, verdicts, unsent, problem, notice } = useStore(adding.state);
  const foot = useRef<HTMLElement>(null);
  const counts = countVerdicts(verdicts);

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
        <VerdictList verdicts={verdicts} />
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

const VerdictList = ({ verdicts }: { verdicts: readonly KeyVerdict[] }): JSX.Element => (
  <ul class="verdicts" aria-label="Verdicts" tabIndex={0}>
    {sortedVerdicts(verdicts)
      .slice(0, MOST_LINES)
      .map((verdict, index) => (
        <VerdictLine key={`${index} ${verdict.masked_key}`} verdict={verdict} />
      ))}
    {verdicts.length > MOST_LINES && <li class="faint">and {verdicts.length - MOST_LINES} more</li>}
  </ul>
);

function VerdictLine({ verdict }: { verdict: KeyVerdict }): JSX.Element {
  const { word, standing, detail } = describeVerdict(verdict);
  return (
    <li class="verdict">
      <code>{verdict.masked_key}</code>
      <span class={`badge tone-${standing}`}>
        <Shape of={standing} />
        {word}
      </span>
      {detail !== undefined && <span class="sub">{detail}</span>}
    </li>
  );
}
