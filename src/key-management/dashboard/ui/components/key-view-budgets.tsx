import type { InputHTMLAttributes, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { NEW_BUDGET, PERIODS, SCOPES, UNITS, type BudgetRow } from '../model/budget-form';
import { Button, IconButton } from './button';
import { FieldProblem } from './field-problem';

interface BudgetRowsProps {
  rows: readonly BudgetRow[];
  /** By the names of the fields: `budgets.0.amount`. */
  problems: Readonly<Record<string, string>>;
  readOnly: boolean;
  onChange: (rows: BudgetRow[]) => void;
}

const ZONES = 'key-time-zones';
const ADD = 'key-add-budget';
const idOf = (at: number, field: string): string => `key-budgets.${at}.${field}`;

/** The budgets that are stated for a key, one below the other, to be changed. */
export function BudgetRows({ rows, problems, readOnly, onChange }: BudgetRowsProps): JSX.Element {
  const next = useRef<string>();
  // With the row itself: who types on at once types into it.
  useLayoutEffect(() => {
    if (next.current !== undefined) document.getElementById(next.current)?.focus();
    next.current = undefined;
  });
  const add = (): void => {
    next.current = idOf(rows.length, 'amount');
    onChange([...rows, NEW_BUDGET]);
  };
  const remove = (at: number): void => {
    next.current = ADD;
    onChange(rows.filter((_, other) => other !== at));
  };
  return (
    <fieldset class="budget-rows">
      <legend>Budgets</legend>
      <p class="help">
        What the key or its account may spend at the most. Once that is spent, it cools down until the period ends.
      </p>
      {rows.map((row, at) => (
        <Row
          key={at}
          {...{ row, at, problems, readOnly }}
          onChange={(changes) => onChange(rows.map((each, other) => (other === at ? { ...each, ...changes } : each)))}
          onRemove={() => remove(at)}
        />
      ))}
      {rows.length > 0 && (
        <datalist id={ZONES}>
          {['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      )}
      {!readOnly && (
        <div>
          <Button id={ADD} icon="plus" onClick={add}>
            Add a budget
          </Button>
        </div>
      )}
    </fieldset>
  );
}

interface RowProps extends Pick<BudgetRowsProps, 'problems' | 'readOnly'> {
  row: BudgetRow;
  at: number;
  onChange: (changes: Partial<BudgetRow>) => void;
  onRemove: () => void;
}

function Row({ row, at, problems, readOnly, onChange, onRemove }: RowProps): JSX.Element {
  const field = (name: 'amount' | 'zone'): InputHTMLAttributes => {
    const id = idOf(at, name);
    const isWrong = problems[`budgets.${at}.${name}`] !== undefined;
    return {
      id,
      readOnly,
      value: row[name],
      autocomplete: 'off',
      'aria-invalid': isWrong,
      ...(isWrong && { 'aria-describedby': `${id}-problem` }),
      onInput: ({ currentTarget }) => onChange({ [name]: currentTarget.value }),
    };
  };
  const choice = <F extends 'unit' | 'per' | 'scope'>(
    name: F,
    title: string,
    choices: Record<BudgetRow[F], string>,
  ) => (
    <Choice
      {...{ title, choices, readOnly }}
      id={idOf(at, name)}
      value={row[name]}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  const problemOf = (name: string): JSX.Element => (
    <FieldProblem of={idOf(at, name)} problem={problems[`budgets.${at}.${name}`]} />
  );
  return (
    <div class="budget-row" role="group" aria-label={`Budget ${at + 1}`}>
      <div class="field">
        <label for={idOf(at, 'amount')}>Amount</label>
        <input {...field('amount')} inputMode="decimal" />
        {problemOf('amount')}
      </div>
      {choice('unit', 'Unit', UNITS)}
      {choice('per', 'Period', PERIODS)}
      {choice('scope', 'Calls of', SCOPES)}
      <div class="field">
        <label for={idOf(at, 'zone')}>Time zone</label>
        <input {...field('zone')} list={ZONES} spellcheck={false} autocapitalize="off" placeholder="UTC" />
        {problemOf('zone')}
      </div>
      {!readOnly && <IconButton icon="trash" label={`Remove budget ${at + 1}`} kind="danger" onClick={onRemove} />}
      {problemOf('row')}
    </div>
  );
}

interface ChoiceProps<V extends string> {
  id: string;
  title: string;
  value: V;
  choices: Readonly<Record<V, string>>;
  readOnly: boolean;
  onChange: (value: V) => void;
}

const Choice = <V extends string>({ id, title, value, choices, readOnly, onChange }: ChoiceProps<V>): JSX.Element => (
  <div class="field">
    <label for={id}>{title}</label>
    <select id={id} value={value} disabled={readOnly} onChange={(event) => onChange(event.currentTarget.value as V)}>
      {(Object.entries(choices) as [V, string][]).map(([name, words]) => (
        <option key={name} value={name}>
          {words}
        </option>
      ))}
    </select>
  </div>
);
