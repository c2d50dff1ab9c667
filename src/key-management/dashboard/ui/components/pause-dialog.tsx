import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { providerName } from '../model/provider-names';
import { Button } from './button';
import { useDashboard } from './context';
import { Dialog } from './dialog';

interface PauseDialogProps {
  provider: string;
  onClose: () => void;
}

const MINUTE_MS = 60_000;
/** For how long, in minutes; 0: until somebody resumes it. */
const CHOICES: readonly (readonly [minutes: number, name: string])[] = [
  [0, 'until it is resumed'],
  [15, 'for 15 minutes'],
  [60, 'for an hour'],
  [8 * 60, 'for 8 hours'],
];

/** Asks before a provider serves nobody. */
export function PauseDialog({ provider, onClose }: PauseDialogProps): JSX.Element {
  const { actions } = useDashboard();
  const [busy, setBusy] = useState(false);
  const [minutes, setMinutes] = useState(0);
  const name = providerName(provider);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    await actions.pause(provider, minutes === 0 ? undefined : minutes * MINUTE_MS);
    onClose();
  };
  return (
    <Dialog title={`Pause ${name}?`} onClose={onClose}>
      <div class="dialog-body">
        <p>
          It serves no calls while it is paused, on every instance of the app: they fail at once, and say why. Calls in
          flight end normally, and keys are checked as ever.
        </p>
        <label class="field">
          <span>Pause it</span>
          <select value={String(minutes)} onChange={(event) => setMinutes(Number(event.currentTarget.value))}>
            {CHOICES.map(([value, words]) => (
              <option key={value} value={String(value)}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button plain" data-autofocus onClick={onClose}>
          Cancel
        </button>
        <Button kind="danger" icon="pause" busy={busy} onClick={() => void confirm()}>
          {busy ? 'Pausing…' : `Pause ${name}`}
        </Button>
      </footer>
    </Dialog>
  );
}

/** Asks before a paused provider is called again. */
export function ResumeDialog({ provider, onClose }: PauseDialogProps): JSX.Element {
  const { actions } = useDashboard();
  const [busy, setBusy] = useState(false);
  const name = providerName(provider);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    await actions.resume(provider);
    onClose();
  };
  return (
    <Dialog title={`Resume ${name}?`} onClose={onClose}>
      <div class="dialog-body">
        <p>It serves calls again at once, on every instance of the app.</p>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button plain" data-autofocus onClick={onClose}>
          Cancel
        </button>
        <Button kind="primary" icon="play" busy={busy} onClick={() => void confirm()}>
          {busy ? 'Resuming…' : `Resume ${name}`}
        </Button>
      </footer>
    </Dialog>
  );
}
