import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { counted } from '../model/format';
import { countVerdicts, verdictOutcomes } from '../model/verdicts';
import type { KeyAdding } from '../state/key-adding';
import { useStore } from '../state/store';
import { KeysProgress } from './keys-progress';

export function AddKeysProgress({ adding, onClose }: { adding: KeyAdding; onClose: () => void }): JSX.Element {
  const { phase, total, verdicts, unsent, problem, notice } = useStore(adding.state);
  const counts = useMemo(() => countVerdicts(verdicts), [verdicts]);
  const outcomes = useMemo(() => verdictOutcomes(adding.provider, verdicts), [verdicts]);
  const left = {
    note: `${counted(unsent, 'key')} without a verdict. Sending again is safe.`,
    button: `Send the other ${unsent}`,
    go: () => void adding.sendWaiting(),
  };

  return (
    <KeysProgress
      running={phase === 'sending'}
      done={verdicts.length}
      label="Keys checked"
      left={unsent > 0 ? left : undefined}
      summary={
        <>
          <b>
            {phase === 'sending' ? 'Checking' : 'Checked'} {verdicts.length} of {counted(total, 'key')}
          </b>
          : {counts.added} added, {counts.present} there already, {counts.refused} refused
        </>
      }
      onStop={() => adding.stop()}
      {...{ total, problem, notice, outcomes, onClose }}
    />
  );
}
