import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, messageOf } from '../api/api-error';
import type { Configuration } from '../api/types';
import { fieldProblem, FIELDS, type ConfigurationField } from '../model/configuration-form';
import { Button } from './button';
import { useDashboard, useReadOnly } from './context';
import { Dialog } from './dialog';

const NAMES = Object.keys(FIELDS) as ConfigurationField[];
type Texts = Record<ConfigurationField, string>;
type Problems = Partial<Record<ConfigurationField | 'form', string>>;

export function ConfigurationDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const { actions, client } = useDashboard();
  const why = useReadOnly();
  const [texts, setTexts] = useState<Texts>();
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    client.configuration().then(
      (loaded) => setTexts(textsOf(loaded)),
      (error: unknown) => setProblems({ form: messageOf(error) }),
    );
  }, [client]);

  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!texts || busy || why !== undefined) return;
    const found = problemsOf(texts);
    setProblems(found);
    const first = NAMES.find((name) => found[name] !== undefined);
    if (first) {
      document.getElementById(first)?.focus();
      return;
    }
    setBusy(true);
    try {
      await actions.configure(Object.fromEntries(NAMES.map((name) => [name, Number(texts[name])])));
      onClose();
    } catch (error) {
      setProblems(serverProblems(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title="Configuration" onClose={onClose}>
      <form onSubmit={(event) => void save(event)} noValidate>
        <div class="dialog-body">
          {problems.form !== undefined && (
            <p class="problem" role="alert">
              {problems.form}
            </p>
          )}
          {NAMES.map((name, index) => (
            <NumberField
              key={name}
              name={name}
              text={texts?.[name]}
              problem={problems[name]}
              readOnly={why !== undefined}
              autoFocus={index === 0}
              onInput={(text) => setTexts((before) => before && { ...before, [name]: text })}
            />
          ))}
          <p class="note">
            In force at once on every call from now on, until the app starts anew with its own settings.
          </p>
        </div>
        <footer class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!texts} why={why}>
            {busy ? 'Saving…' : 'Save'}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

interface NumberFieldProps {
  name: ConfigurationField;
  text: string | undefined;
  problem: string | undefined;
  readOnly: boolean;
  autoFocus: boolean;
  onInput: (text: string) => void;
}

function NumberField({ name, text, problem, readOnly, autoFocus, onInput }: NumberFieldProps): JSX.Element {
  const { label, help, unit, whole } = FIELDS[name];
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <div class="field-input">
        <input
          id={name}
          inputMode={whole ? 'numeric' : 'decimal'}
          autocomplete="off"
          value={text ?? ''}
          readOnly={readOnly || text === undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? `${name}-help` : `${name}-problem ${name}-help`}
          {...(autoFocus && { 'data-autofocus': true })}
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
        {unit !== '' && <span class="faint">{unit}</span>}
      </div>
      {problem !== undefined && (
        <p class="field-problem" id={`${name}-problem`}>
          {problem}
        </p>
      )}
      <p class="help" id={`${name}-help`}>
        {help}
      </p>
    </div>
  );
}

const textsOf = (loaded: Configuration): Texts => ({
  max_retries: String(loaded.max_retries),
  health_check_interval_minutes: String(loaded.health_check_interval_minutes),
});

function problemsOf(texts: Texts): Problems {
  const found = NAMES.flatMap((name) => {
    const problem = fieldProblem(name, texts[name]);
    return problem === undefined ? [] : [[name, problem] as const];
  });
  return Object.fromEntries(found);
}

function serverProblems(error: unknown): Problems {
  const byField =
    error instanceof ApiError ? error.problems.map(({ field, problem }) => [field, problem] as const) : [];
  const known = byField.filter(([field]) => field in FIELDS);
  return known.length > 0 ? Object.fromEntries(known) : { form: messageOf(error) };
}
