import { say } from '../../lib/say';
import { figuresOf, tablesFor, type RowFigures } from '../tables';

/** The rows of one process of several: every so-manieth of all, by its place. @param flags Those of the benchmark, `--share=1/2` first. */
export async function measure([share = '', ...flags]: readonly string[]): Promise<[number, RowFigures][]> {
  const [own, all] = share.slice('--share='.length).split('/').map(Number);
  const found: [number, RowFigures][] = [];
  let place = 0;
  for (const table of tablesFor(flags)) {
    for (const scenario of table.rows) {
      if (place % all! === own!) {
        say(`policies: ${scenario.name}`);
        found.push([place, await figuresOf(scenario, table, flags.includes('--all'))]);
      }
      place += 1;
    }
  }
  return found;
}
