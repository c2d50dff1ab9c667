import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, messageOf } from '../api/api-error';
import type { KeyEntry } from '../api/types';
import { fieldNamed, KEY_FIELD_NAMES, KEY_FIELDS, keyChanges, keyTexts, type KeyField } from '../model/key-form';
import { Button } from './button';
import { useDashboard, useReadOnly } from './context';

type Problems = Partial<Record<KeyField | 'form', string>>;

/** Label, weight, tier and limits, to be changed. What was not touched follows the key. */
export function KeyViewForm({ entry }: { entry: KeyEntry }): JSX.Element {
  const { actions } = useDashboard();
  const why = useReadOnly();
  const [typed, setTyped] = useState<Partial<Record<KeyField, string>>>({});
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);
  const texts = { ...keyTexts(entry), ...typed };
  const isTouched = Object.keys(typed).length > 0;

  const undo = (): void => {
    setTyped({});
    setProblems({});
  };

  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy || why !== undefined) return;
    const { changes, problems: found } = keyChanges(entry, texts);
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    if (Object.keys(changes).length === 0) return undo();
    setBusy(true);
    try {
      await actions.update(entry, changes);
      undo();
    } catch (error) {
      setProblems(problemsOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section aria-labelledby="key-settings">
      <h3 id="key-settings">Settings</h3>
      <form onSubmit={(event) => void save(event)}>
        <div class="key-form">
          {KEY_FIELD_NAMES.map((field) => (
            <Field
              key={field}
              field={field}
              text={texts[field]}
              problem={problems[field]}
              readOnly={why !== undefined}
              onInput={(text) => setTyped({ ...typed, [field]: text })}
            />
          ))}
        </div>
        {problems.form !== undefined && (
          <p class="problem" role="alert">
            {problems.form}
          </p>
        )}
        {entry.quota_group !== null && (
          <p class="faint">The keys of an account share its limits: the strictest that one of them states holds.</p>
        )}
        <div class="key-actions">
          <Button kind="primary" type="submit" why={why} busy={busy} disabled={!isTouched}>
            {busy ? 'Saving…' : 'Save changes'}
          </Button>
          {isTouched && <Button onClick={undo}>Undo</Button>}
        </div>
      </form>
    </section>
  );
}

interface FieldProps {
  field: KeyField;
  text: string;
  problem: string | undefined;
  readOnly: boolean;
  onInput: (text: string) => void;
}

function Field({ field, text, problem, readOnly, onInput }: FieldProps): JSX.Element {
  const { name, help } = KEY_FIELDS[field];
  const id = `key-${field}`;
  return (
    <div class="field">
      <label for={id}>
        {name} {help !== '' && <span class="faint">{help}</span>}
      </label>
      <input
        id={id}
        value={text}
        readOnly={readOnly}
        autocomplete="off"
        inputMode={field === 'label' ? 'text' : 'decimal'}
        placeholder={field === 'label' ? 'none' : 'no limit'}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      {problem !== undefined && (
        <p class="field-problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** By field, where the server names them. */
function problemsOf(error: unknown): Problems {
  const problems: Problems = {};
  for (const { field, problem } of error instanceof ApiError ? error.problems : []) {
    const named = fieldNamed(field);
    if (named !== undefined) problems[named] = problem;
  }
  return Object.keys(problems).length > 0 ? problems : { form: messageOf(error) };
}
