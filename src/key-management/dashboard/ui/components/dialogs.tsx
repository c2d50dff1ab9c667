import type { JSX } from 'preact';
import { useStore } from '../state/store';
import { openDialog } from '../state/view';
import { AddKeysDialog } from './add-keys-dialog';
import { ConfigurationDialog } from './configuration-dialog';
import { DeleteDialog } from './delete-dialog';
import { KeyBulkDialog } from './key-bulk-dialog';
import { PauseDialog, ResumeDialog } from './pause-dialog';

export function Dialogs(): JSX.Element | null {
  const open = useStore(openDialog);
  const close = (): void => openDialog.set(undefined);
  if (open?.kind === 'add') return <AddKeysDialog provider={open.provider} onClose={close} />;
  if (open?.kind === 'configuration') return <ConfigurationDialog onClose={close} />;
  if (open?.kind === 'delete') return <DeleteDialog entry={open.key} onClose={close} />;
  if (open?.kind === 'bulk') return <KeyBulkDialog action={open.action} keys={open.keys} onClose={close} />;
  if (open?.kind === 'pause') return <PauseDialog provider={open.provider} onClose={close} />;
  if (open?.kind === 'resume') return <ResumeDialog provider={open.provider} onClose={close} />;
  return null;
}
