import type { JSX } from 'preact';
import type { KeyEntry } from '../api/types';
import { BULK_ACTS, type BulkAction } from '../model/bulk';
import { keysAsCsv, keysAsJson } from '../model/export-keys';
import { counted, wholeNumber } from '../model/format';
import { download, downloadCsv } from '../state/download';
import { clearSelection } from '../state/selection';
import { openDialog } from '../state/view';
import { Button } from './button';
import { useReadOnly } from './context';
import type { IconName } from './icon';

const ACTIONS: readonly (readonly [BulkAction, IconName])[] = [
  ['check', 'check'],
  ['enable', 'play'],
  ['disable', 'pause'],
  ['delete', 'trash'],
];

/** What can be done to the keys that are selected. @param hidden How many of them the filter leaves out. */
export function KeySelectionBar({ keys, hidden }: { keys: readonly KeyEntry[]; hidden: number }): JSX.Element {
  const why = useReadOnly();
  const name = `keys-${new Date().toISOString().slice(0, 10)}`;
  return (
    <div class="selection-bar" role="toolbar" aria-label="Selected keys">
      <p role="status">
        <b>{counted(keys.length, 'key')} selected</b>
        {hidden > 0 && <span class="faint"> {wholeNumber(hidden)} of them not shown</span>}
      </p>
      {ACTIONS.map(([action, icon]) => (
        <Button
          key={action}
          icon={icon}
          kind={action === 'delete' ? 'danger' : 'plain'}
          why={why}
          onClick={() => openDialog.set({ kind: 'bulk', action, keys })}
        >
          {BULK_ACTS[action].verb}
        </Button>
      ))}
      <Button onClick={() => downloadCsv(name, keysAsCsv(keys))}>CSV</Button>
      <Button onClick={() => download(`${name}.json`, 'application/json', keysAsJson(keys))}>JSON</Button>
      <Button onClick={clearSelection}>Unselect</Button>
    </div>
  );
}
