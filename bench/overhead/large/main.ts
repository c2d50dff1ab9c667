import { isLarge, measured, type Found } from '../measured';
import { ourCalls } from '../our-calls';
import { peerCalls } from '../peer-calls';
import { loadPeers } from '../peers';

/** The same in an app with the largest pools, in a process of its own: their garbage would slow the usual pools. */
export async function measure(): Promise<[string, Found][]> {
  const yardsticks = peerCalls(await loadPeers()).filter(({ name }) => isLarge(name));
  const ours = await ourCalls([100, 10_000, 100_000]);
  const found = await measured([...yardsticks, ...ours.calls]);
  await ours.close();
  return [...found];
}
