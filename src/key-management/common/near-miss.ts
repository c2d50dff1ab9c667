/** Finds the known name that a wrong name most likely stands for, also where one is part of the other; undefined where none is near. */
export function nearMiss(name: string, known: readonly string[]): string | undefined {
  const given = plain(name);
  if (given === '') return undefined;
  const within = known.find((each) => plain(each).includes(given) || given.includes(plain(each)));
  return known.find((each) => plain(each) === given) ?? within ?? known.find((each) => isTypo(given, plain(each)));
}

/** Finds the known name that was probably meant, by edit distance alone; undefined where none is near, or the name itself is known. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return undefined;
  const given = plain(name);
  const most = given.length < 6 ? 1 : 2;
  const ranked = known
    .map((each) => ({ each, distance: editDistance(given, plain(each)) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.each;
}

/** Names are compared without case and punctuation: `time_out` is `timeOut`. */
const plain = (name: string): string =>
  name
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

/** At most two letters are wrong, missing, too many or exchanged. */
const isTypo = (given: string, known: string): boolean =>
  Math.abs(given.length - known.length) <= 2 && editDistance(given, known) <= 2;

/** Changes of one letter (put in, left out, replaced, or swapped with its neighbour) that make one text of the other. */
export function editDistance(one: string, other: string): number {
  // Optimal string alignment: Damerau's distance without touching a swapped pair again. Rows i - 2, i - 1 and i of the table.
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const changed = last[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      let least = Math.min(row[j - 1]! + 1, last[j]! + 1, changed);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[other.length]!;
}
