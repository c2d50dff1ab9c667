/**
 * Loads a package that an app may do without. `load` holds a literal `require`, so that bundlers see it.
 * @returns undefined where it is not installed
 * @throws what loading throws when the package is there and something else is wrong with it
 */
export function optionalPeer<T>(name: string, load: () => T): T | undefined {
  try {
    return load();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
    // The lines after the first name who required it, which is the package itself when one of its own dependencies is missing.
    if (isMissing && String(message).split('\n', 1)[0]!.includes(name)) return undefined;
    throw error;
  }
}
