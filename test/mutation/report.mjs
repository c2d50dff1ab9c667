/** The least share of mutants, in percent, that the tests of the pure core have to kill. */
export const breakAt = 92;

const DETECTED = new Set(['Killed', 'Timeout']);
const UNDETECTED = new Set(['Survived', 'NoCoverage']);

const count = (mutants, statuses) => mutants.filter(({ status }) => statuses.has(status)).length;

function figuresOf(mutants) {
  const killed = count(mutants, DETECTED);
  const survived = count(mutants, UNDETECTED);
  const valid = killed + survived;
  return { valid, killed, survived, score: valid === 0 ? 100 : (100 * killed) / valid };
}

/** Killed mutants of all files, in percent; mutants that do not run at all do not count. */
export const scoreOf = (files) => figuresOf(files.flatMap(({ mutants }) => mutants)).score;

/** A markdown table: one row per file, and the sum. */
export function tableOf(files) {
  const rows = files.map(({ path, mutants }) => rowOf(path.replace('src/key-management/', ''), mutants));
  const all = files.flatMap(({ mutants }) => mutants);
  return [
    '| file | mutants | killed | survived | score |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    rowOf('**all**', all),
  ].join('\n');
}

function rowOf(name, mutants) {
  const { valid, killed, survived, score } = figuresOf(mutants);
  return `| ${name} | ${valid} | ${killed} | ${survived} | ${score.toFixed(1)} % |`;
}

/** What no test noticed, one line each: where, and what became of what. */
export function survivorsOf(files) {
  return files
    .flatMap(({ path, source, mutants }) => {
      const lines = source.split('\n');
      return mutants
        .filter(({ status }) => UNDETECTED.has(status))
        .map(({ location: { start, end }, replacement, status }) => {
          const last = end.line === start.line ? end.column - 1 : undefined;
          const was = lines[start.line - 1].slice(start.column - 1, last);
          return `${path}:${start.line}:${start.column} ${status}: \`${was}\` → \`${replacement.replaceAll(/\s+/g, ' ')}\``;
        });
    })
    .join('\n');
}
