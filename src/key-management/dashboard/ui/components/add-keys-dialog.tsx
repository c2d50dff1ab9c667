import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { KeyAdding } from '../state/key-adding';
import { useStore } from '../state/store';
import { AddKeysForm } from './add-keys-form';
import { AddKeysProgress } from './add-keys-progress';
import { useDashboard } from './context';
import { Dialog } from './dialog';

export function AddKeysDialog({
  provider,
  onClose,
}: {
  provider?: string | undefined;
  onClose: () => void;
}): JSX.Element {
  const { actions, client } = useDashboard();
  const adding = useMemo(() => new KeyAdding(client), [client]);
  const phase = useStore(adding.state, (state) => state.phase);

  useEffect(() => () => adding.forget(), [adding]);

  const close = (): void => {
    if (phase === 'done') actions.keysChanged();
    onClose();
  };
  return (
    <Dialog title="Add keys" wide closable={phase !== 'sending'} onClose={close}>
      {phase === 'form' ? (
        <AddKeysForm provider={provider} adding={adding} onClose={close} />
      ) : (
        <AddKeysProgress adding={adding} onClose={close} />
      )}
    </Dialog>
  );
}
