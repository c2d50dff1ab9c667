import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, messageOf } from '../api/api-error';
import type { KeyDetails, KeyEntry } from '../api/types';
import { budgetProblem, budgetRow, budgetsIn, type BudgetRow } from '../model/budget-form';
import {
  fieldNamed,
  KEY_FIELD_NAMES,
  KEY_FIELDS,
  keyChanges,
  keyTexts,
  type KeyChanges,
  type KeyField,
} from '../model/key-form';
import { serverNow } from '../model/server-time';
import { Button, IconButton } from './button';
import { useDashboard, useReadOnly } from './context';
import { FieldProblem } from './field-problem';
import { BudgetRows } from './key-view-budgets';

/** By field: `weight`, `budgets.0.amount`; `form` for what is of none. */
type Problems = Readonly<Record<string, string>>;

interface KeyViewFormProps {
  entry: KeyEntry;
  details: KeyDetails | undefined;
  /** Asks for the key as it is by now. */
  onSaved: () => Promise<void>;
}

/** Label, weight, tier, end, limits and budgets, to be changed. What was not touched follows the key. */
export function KeyViewForm({ entry, details, onSaved }: KeyViewFormProps): JSX.Element {
  const { actions } = useDashboard();
  const why = useReadOnly();
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState<Partial<Record<KeyField, string>>>({});
  const [typedBudgets, setTypedBudgets] = useState<BudgetRow[]>();
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);
  const texts = { ...keyTexts(entry), ...typed };
  const isTouched = Object.keys(typed).length > 0 || typedBudgets !== undefined;

  const budgetRows = typedBudgets ?? details?.own_budgets.map(budgetRow);

  useEffect(() => form.current!.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [problems]);

  const undo = (): void => {
    setTyped({});
    setTypedBudgets(undefined);
    setProblems({});
  };

  const changeBudgets = (rows: BudgetRow[]): void => {
    // What was wrong with a budget may stand at another one by now.
    if (rows.length !== budgetRows?.length) setProblems({});
    setTypedBudgets(rows);
  };

  const found = (): { changes: KeyChanges; problems: Problems } => {
    const { changes, problems: wrong } = keyChanges(entry, texts, serverNow());
    const { budgets, problems: wrongBudgets } = budgetsIn(typedBudgets ?? []);
    return {
      changes: { ...changes, ...(typedBudgets !== undefined && { budgets }) },
      problems: {
        ...wrong,
        ...wrongBudgets,
        // A day without a time is no value to the browser, and would take the end away.
        ...(form.current!.querySelector(':invalid') && { expires_at: 'Enter a whole day and time, or nothing.' }),
      },
    };
  };

  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy || why !== undefined) return;
    const { changes, problems: wrong } = found();
    setProblems(wrong);
    if (Object.keys(wrong).length > 0) return;
    if (Object.keys(changes).length === 0) return undo();
    setBusy(true);
    try {
      await actions.update(entry, changes);
      await onSaved();
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
      <form ref={form} noValidate onSubmit={(event) => void save(event)}>
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
        {entry.quota_group !== null && (
          <p class="faint">The keys of an account share its limits: the strictest that one of them states holds.</p>
        )}
        {budgetRows !== undefined && (
          <BudgetRows rows={budgetRows} problems={problems} readOnly={why !== undefined} onChange={changeBudgets} />
        )}
        {problems.form !== undefined && (
          <p class="problem" role="alert">
            {problems.form}
          </p>
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
  const input = useRef<HTMLInputElement>(null);
  const isTime = field === 'expires_at';
  const empty = (): void => {
    onInput('');
    input.current!.focus();
  };
  return (
    <div class={`field ${isTime ? 'field-time' : ''}`}>
      <label for={id}>
        {name} {help !== '' && <span class="faint">{help}</span>}
      </label>
      <div class="field-input">
        <input
          ref={input}
          id={id}
          type={isTime ? 'datetime-local' : 'text'}
          value={text}
          readOnly={readOnly}
          autocomplete="off"
          inputMode={field === 'label' || isTime ? 'text' : 'decimal'}
          placeholder={field === 'label' ? 'none' : 'no limit'}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
        {isTime && text !== '' && !readOnly && <IconButton icon="close" label="Remove the end" onClick={empty} />}
      </div>
      <FieldProblem of={id} problem={problem} />
    </div>
  );
}

/** By field, where the server names them. */
function problemsOf(error: unknown): Problems {
  const problems: Record<string, string> = {};
  for (const { field, problem } of error instanceof ApiError ? error.problems : []) {
    const named = fieldNamed(field);
    if (named !== undefined) problems[named] = budgetProblem(problem);
  }
  return Object.keys(problems).length > 0 ? problems : { form: messageOf(error) };
}
