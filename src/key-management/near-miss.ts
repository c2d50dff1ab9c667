/** The known name that a wrong one most likely stands for; undefined where none is near. */
export function nearMiss(name: string, known: readonly string[]): string | undefined {
  const given = plain(name);
  if (given === '') return undefined;
  const within = known.find((each) => plain(each).includes(given) || given.includes(plain(each)));
  return known.find((each) => plain(each) === given) ?? within ?? known.find((each) => isTypo(given, plain(each)));
}

/** Names are compared without case and punctuation: `time_out` is `timeOut`. */
const plain = (name: string): string =>
  name
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

/** At most two letters are wrong, missing, too many or exchanged. */
const isTypo = (given: string, known: string): boolean =>
  Math.abs(given.length - known.length) <= 2 && distance(given, known) <= 2;

/** Levenshtein distance, row by row. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
