import type { JSX } from 'preact';

/** What is wrong with the field of that id, below it; nothing where nothing is. */
export const FieldProblem = ({ of, problem }: { of: string; problem: string | undefined }): JSX.Element | null =>
  problem === undefined ? null : (
    <p class="field-problem" id={`${of}-problem`} role="alert">
      {problem}
    </p>
  );
