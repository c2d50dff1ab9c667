/** The same as `engines` in package.json. */
const NEEDED = '20.19 or later, 22.12 or later, or 24';

/** Whether the package can run there. @param version As `20.19.0`. */
export function isNodeVersionServed(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 20 && minor >= 19) || (major === 22 && minor >= 12);
}

/** @throws Error that names the Node versions which are needed, since an older Node's own error about a file that it cannot load helps nobody. */
export function checkNodeVersion(version: string = process.versions.node): void {
  if (isNodeVersionServed(version)) return;
  throw new Error(`nestjs-ai-key-management needs Node ${NEEDED}. This is Node ${version}: use a newer one.`);
}

// The first thing that the package's entries import, so that it speaks before anything else can fail.
checkNodeVersion();
