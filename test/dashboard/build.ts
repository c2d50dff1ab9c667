import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** Builds the page from its sources, into a folder of its own for each test file; it takes a fraction of a second. */
export function buildDashboard(name: string): string {
  const folder = resolve(ROOT, '.build/dashboard', name);
  execFileSync(process.execPath, [resolve(ROOT, 'tools/build-dashboard.mjs'), folder]);
  return folder;
}
