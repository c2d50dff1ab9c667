/**
 * For a package that an app may do without, after `require` of it failed. The `require` itself stands in a `try` of its own, with the name
 * in it: bundlers see there that the package may be missing.
 * @returns undefined where it is not installed
 * @throws the error when the package is there and something else is wrong with it
 */
export function absentPeer(name: string, error: unknown): undefined {
  if (isMissing(name, error)) return undefined;
  throw error;
}

/**
 * Why a package that was imported is not there to be used, with the lines that install it: for an error at the start.
 * @param name Of the package.
 * @param wanted As it is installed: the name, with a version where not every one serves.
 * @param user Who needs it, as the first words of a sentence: `The redis store`.
 */
export function missingPeer(name: string, wanted: string, user: string, error: unknown): string {
  const mend = `npm i ${wanted} (or pnpm add ${wanted})`;
  if (isMissing(name, error)) return `${user} needs the package ${name}, which is not installed: ${mend}.`;
  return `${user} could not load the package ${name}. Install it anew: ${mend}.`;
}

function isMissing(name: string, error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  // The lines after the first name who required it, which is the package itself when one of its own dependencies is missing.
  const isNotFound = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  const [sentence = ''] = String(message).split('\n', 1);
  return isNotFound && sentence.split(/[\s'",]+/).some((word) => word === name || word.startsWith(`${name}/`));
}
