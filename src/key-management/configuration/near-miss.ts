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

/** The name among the known that was probably meant; undefined where none is near, or the name is one of them. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[^a-z\d]/g, '')
      .slice(0, 64);
  const given = plain(name);
  const most = given.length < 6 ? 1 : 2;
  const ranked = known
    .map((each) => ({ each, distance: editDistance(given, plain(each)) }))
    .filter(({ each, distance }) => each !== name && distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return known.includes(name) ? undefined : ranked[0]?.each;
}
