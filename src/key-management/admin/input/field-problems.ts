import type { ValidationError } from 'class-validator';
import type { FieldProblem } from '../api-problem';
import { shownName } from './hostile-input';

const MOST_PROBLEMS = 20;

/** What class-validator found, by field and without any value. */
export function fieldProblems(errors: readonly ValidationError[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  collect(errors, '', problems);
  return problems;
}

function collect(errors: readonly ValidationError[], path: string, problems: FieldProblem[]): void {
  for (const { property, constraints = {}, children = [] } of errors) {
    if (problems.length >= MOST_PROBLEMS) return;
    // An item that is no object at all comes without a property of its own.
    const field = (property as string | undefined) === undefined ? path.slice(0, -1) : path + shownName(property);
    for (const [rule, message] of Object.entries(constraints))
      problems.push({ field, problem: words(rule, message, property) });
    collect(children, `${field}.`, problems);
  }
}

/** The rules' own messages begin with the field's name, which may be the client's. */
function words(rule: string, message: string, property: string): string {
  if (rule === 'whitelistValidation') return 'is not a field of this request';
  if (rule === 'nestedValidation' || rule === 'unknownValue') return 'must be an object';
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
