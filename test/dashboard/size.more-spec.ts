import { gzipSync } from 'node:zlib';
import { DashboardFiles } from '../../src/key-management/dashboard/dashboard-files';
import { buildDashboard } from './build';

/** Bytes, as they travel. */
const MOST_OF_THE_SCRIPT = 120_000;

it('keeps the script of the page small', () => {
  const { manifest, assets } = new DashboardFiles(buildDashboard('size')).built()!;
  const { length } = gzipSync(assets.get(manifest.script)!.text);
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(MOST_OF_THE_SCRIPT);
});
