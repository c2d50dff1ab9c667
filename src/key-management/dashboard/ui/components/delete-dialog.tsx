import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { KeyEntry } from '../api/types';
import { providerName } from '../model/format';
import { Button } from './button';
import { useDashboard } from './context';
import { Dialog } from './dialog';

export function DeleteDialog({ entry, onClose }: { entry: KeyEntry; onClose: () => void }): JSX.Element {
  const { actions } = useDashboard();
  const [busy, setBusy] = useState(false);
  const configured = entry.persistence === 'configuration';
  const confirm = async (): Promise<void> => {
    setBusy(true);
    await actions.delete(entry);
    onClose();
  };
  return (
    <Dialog title="Delete this key?" onClose={onClose}>
      <div class="dialog-body">
        <p>
          <code>{entry.masked_key}</code>
          {entry.label !== null && ` (${entry.label})`} of {providerName(entry.provider)} leaves the pool for good, and
          its figures go with it. Calls that use it at this moment are not cut off.
        </p>
        {configured && (
          <p class="note">
            It stands in the app's configuration too, so it comes back at the next start. Remove it there.
          </p>
        )}
        <p class="faint">To keep it but not use it, disable it instead.</p>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button plain" data-autofocus onClick={onClose}>
          Cancel
        </button>
        <Button kind="danger" icon="trash" busy={busy} onClick={() => void confirm()}>
          {busy ? 'Deleting…' : 'Delete key'}
        </Button>
      </footer>
    </Dialog>
  );
}
