/** Progress, on standard error: standard output carries the tables. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
