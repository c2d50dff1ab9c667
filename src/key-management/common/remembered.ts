/**
 * A pure function of a text that remembers its results for the texts of its latest calls, where a few texts come again and again.
 * @param most So many results are kept; all are forgotten when there is one more.
 */
export function remembered<T>(of: (text: string) => T, most: number): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as T;
    if (known.size >= most) known.clear();
    const made = of(text);
    known.set(text, made);
    return made;
  };
}
