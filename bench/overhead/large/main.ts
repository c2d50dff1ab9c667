import { isLarge, measured, type Found } from '../measured';
import { ourCalls } from '../our-calls';
import { peerCalls } from '../peer-calls';
import { loadPeers } from '../peers';

/** The same where one app has the largest pools: their garbage is not for whoever has a hundred keys to collect. */
export async function measure(): Promise<[string, Found][]> {
  const yardsticks = peerCalls(await loadPeers()).filter(({ name }) => isLarge(name));
  const ours = await ourCalls([100, 10_000, 100_000]);
  const found = await measured([...yardsticks, ...ours.calls]);
  await ours.close();
  return [...found];
}
