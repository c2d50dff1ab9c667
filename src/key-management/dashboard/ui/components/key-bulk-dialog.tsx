import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { KeyEntry } from '../api/types';
import { BULK_ACTS, outcomeCounts, whoseKeys, type BulkAction } from '../model/bulk';
import { counted, wholeNumber } from '../model/format';
import { KeyBulk } from '../state/key-bulk';
import { clearSelection } from '../state/selection';
import { useStore } from '../state/store';
import { Button } from './button';
import { useDashboard } from './context';
import { Dialog } from './dialog';
import { KeysProgress } from './keys-progress';

interface KeyBulkDialogProps {
  action: BulkAction;
  keys: readonly KeyEntry[];
  onClose: () => void;
}

/** Asks where it costs, shows how it goes on, and what became of each key. */
export function KeyBulkDialog({ action, keys, onClose }: KeyBulkDialogProps): JSX.Element {
  const { actions, client, data } = useDashboard();
  const bulk = useMemo(() => new KeyBulk(client, data, action, keys), []);
  const { phase } = useStore(bulk.state);
  const words = BULK_ACTS[action];

  useEffect(() => {
    if (words.meaning === undefined) void bulk.run();
    return () => bulk.forget();
  }, [bulk]);

  const close = (): void => {
    if (phase === 'done') {
      actions.keysChanged();
      clearSelection();
    }
    onClose();
  };
  const title = phase === 'asking' ? `${words.verb} ${counted(keys.length, 'key')}?` : `${words.verb} keys`;
  return (
    <Dialog title={title} wide={phase !== 'asking'} closable={phase !== 'running'} onClose={close}>
      {phase === 'asking' ? (
        <Question action={action} keys={keys} bulk={bulk} onClose={close} />
      ) : (
        <Progress action={action} bulk={bulk} onClose={close} />
      )}
    </Dialog>
  );
}

type PartProps = Omit<KeyBulkDialogProps, 'keys'> & { bulk: KeyBulk };

function Question({ action, keys, bulk, onClose }: PartProps & { keys: readonly KeyEntry[] }): JSX.Element {
  const { verb, meaning } = BULK_ACTS[action];
  return (
    <>
      <div class="dialog-body">
        <p>
          {whoseKeys(keys)}. {meaning}
        </p>
        {action === 'delete' && <p class="faint">To keep them but not use them, disable them instead.</p>}
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button plain" data-autofocus onClick={onClose}>
          Cancel
        </button>
        <Button kind="danger" icon={action === 'delete' ? 'trash' : 'pause'} onClick={() => void bulk.run()}>
          {verb} {counted(keys.length, 'key')}
        </Button>
      </footer>
    </>
  );
}

function Progress({ action, bulk, onClose }: PartProps): JSX.Element {
  const { phase, total, outcomes, left: count, problem, notice } = useStore(bulk.state);
  const { doing, done } = BULK_ACTS[action];
  const left = {
    note: `${counted(count, 'key')} not done yet. Going on is safe: what is so already stays so.`,
    button: `Do the other ${wholeNumber(count)}`,
    go: () => void bulk.run(),
  };

  return (
    <KeysProgress
      running={phase === 'running'}
      done={outcomes.length}
      label="Keys done"
      left={count > 0 ? left : undefined}
      summary={
        <>
          <b>
            {phase === 'running' ? doing : done} {wholeNumber(outcomes.length)} of {counted(total, 'key')}
          </b>
          {outcomes.length > 0 && `: ${outcomeCounts(outcomes)}`}
        </>
      }
      onStop={() => bulk.stop()}
      {...{ total, problem, notice, outcomes, onClose }}
    />
  );
}
