import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { KeyEntry } from '../api/types';
import { providerName } from '../model/provider-names';
import { useStore } from '../state/store';
import { Button } from './button';
import { useDashboard } from './context';
import { Dialog } from './dialog';

export function DeleteDialog({ entry, onClose }: { entry: KeyEntry; onClose: () => void }): JSX.Element {
  const { actions, data } = useDashboard();
  const [busy, setBusy] = useState(false);
  const store = useStore(data.state, (state) => state.figures?.system_info.store);
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
          {entry.label !== null && ` (${entry.label})`} of {providerName(entry.provider)} leaves the pool for good.
          Calls that use it at this moment are not cut off, and the provider's figures keep its calls.
        </p>
        {configured && <p class="note">{configuredNote(store)}</p>}
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

/** A deletion outlives a restart where the store does: then naming the key in the configuration does not bring it back. */
const configuredNote = (store: string | undefined): string =>
  store === 'memory'
    ? "It stands in the app's configuration too, and a memory store remembers no deletion: it comes back at the next start unless you remove it there."
    : "It stands in the app's configuration too. The store remembers that it was deleted, so it stays out after a restart as well; to have it back, add it again here.";
