import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { counted } from '../model/format';
import { providerName } from '../model/provider-names';
import { parseKeys } from '../model/parse-keys';
import type { KeyAdding } from '../state/key-adding';
import { filter } from '../state/view';
import { Button } from './button';
import { useDashboard } from './context';

interface AddKeysFormProps {
  provider: string | undefined;
  adding: KeyAdding;
  onClose: () => void;
}

/** Raw keys are in the text area and nowhere else in the page; it is emptied in the moment they are sent. */
export function AddKeysForm({ provider, adding, onClose }: AddKeysFormProps): JSX.Element {
  const { session } = useDashboard();
  const area = useRef<HTMLTextAreaElement>(null);
  const label = useRef<HTMLInputElement>(null);
  const id = useRef<HTMLInputElement>(null);
  const preset = provider ?? (filter.value.provider === 'all' ? session.providers[0] : filter.value.provider) ?? '';
  const [chosen, setChosen] = useState(preset);
  const [found, setFound] = useState({ count: 0, duplicates: 0 });
  const [problem, setProblem] = useState<string>();

  const count = (): void => {
    const { keys, duplicates } = parseKeys(area.current!.value);
    setFound({ count: keys.length, duplicates });
    setProblem(undefined);
  };

  const submit = (event: Event): void => {
    event.preventDefault();
    const { keys } = parseKeys(area.current!.value);
    if (keys.length === 0) {
      setProblem('Paste at least one key.');
      area.current!.focus();
      return;
    }
    const given = { label: label.current!.value.trim(), id: id.current!.value.trim() };
    if (given.id !== '' && keys.length > 1) {
      setProblem('An id is of one key: paste one key, or leave the id empty.');
      id.current!.focus();
      return;
    }
    area.current!.value = '';
    void adding.send(chosen, keys, given);
  };

  return (
    <form onSubmit={submit}>
      <div class="dialog-body">
        <div class="field-row">
          <div class="field">
            <label for="add-provider">Provider</label>
            <select id="add-provider" value={chosen} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
              {session.providers.map((each) => (
                <option key={each} value={each}>
                  {providerName(each)}
                </option>
              ))}
            </select>
          </div>
          <div class="field">
            <label for="add-label">
              Label <span class="faint">optional</span>
            </label>
            <input id="add-label" ref={label} maxLength={100} autocomplete="off" placeholder="team-a" />
          </div>
          <div class="field">
            <label for="add-id">
              Id <span class="faint">optional, of one key</span>
            </label>
            <input
              id="add-id"
              ref={id}
              maxLength={64}
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              placeholder="team-a-1"
              onInput={() => setProblem(undefined)}
            />
          </div>
        </div>
        <div class="field">
          <label for="add-keys">Keys</label>
          <textarea
            id="add-keys"
            ref={area}
            class="keys-area"
            rows={7}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            data-autofocus
            aria-invalid={problem !== undefined}
            aria-describedby="add-keys-found add-keys-help"
            placeholder="One per line, or separated by commas"
            onInput={count}
          />
          <p class={problem === undefined ? 'keys-found' : 'field-problem'} id="add-keys-found" role="status">
            {problem ?? foundWords(found)}
          </p>
          <p class="help" id="add-keys-help">
            Each key is checked with the vendor before it is added; one that proves invalid is not kept. Keys leave this
            page as you send them and are never shown again.
          </p>
        </div>
      </div>
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" icon="plus">
          {found.count === 0 ? 'Check and add' : `Check and add ${counted(found.count, 'key')}`}
        </Button>
      </footer>
    </form>
  );
}

function foundWords({ count, duplicates }: { count: number; duplicates: number }): string {
  if (count === 0) return 'No keys yet.';
  return duplicates === 0
    ? `${counted(count, 'key')} found.`
    : `${counted(count, 'key')} found, ${duplicates} given twice.`;
}
