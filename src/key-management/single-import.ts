import type { DynamicModule, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** Marks the module's class. A symbol of the runtime's registry, so that another copy of this package knows it too. */
export const KEY_MANAGEMENT_MODULE = Symbol.for('nestjs-ai-key-management:module');

const isOurs = (metatype: object | undefined): boolean =>
  metatype !== undefined && Reflect.get(metatype, KEY_MANAGEMENT_MODULE) === true;

const MEND =
  'Import it once, as KeyManagementModule.forRoot() or .forRootAsync(), in the root module: it is global, so every other module can inject what it exports without importing it.';

/**
 * Refuses a second import: each of two pools would know half, a key disabled in one would serve on in the other, and every probe would be made twice.
 * @throws Error that names the modules which import it
 */
export function refuseSecondImport(modules: ModulesContainer): void {
  const found = [...modules.values()].filter(({ metatype }) => isOurs(metatype));
  if (found.length < 2) return;
  const importers = [...modules.values()]
    .filter((each) => found.some((ours) => each.imports.has(ours)) && !found.includes(each))
    // A global module is bound to every module; a module that imports it itself names it by class or definition.
    .filter(({ metatype }) => importsOf(metatype).some((each) => isOurs(classOf(each))))
    .map(({ name }) => name);
  const copies = new Set(found.map(({ metatype }) => metatype)).size;
  const where = importers.length > 0 ? ` (by ${importers.join(' and ')})` : '';
  const twoCopies =
    copies > 1 ? ' Two copies of the package are installed: `npm ls nestjs-ai-key-management` shows them.' : '';
  throw new Error(`KeyManagementModule is imported ${found.length} times in this app${where}. ${MEND}${twoCopies}`);
}

/** The error where the class itself is in `imports`. */
export const bareImport = (): Error =>
  new Error(
    `KeyManagementModule is imported without its options. ${MEND} \`imports: [KeyManagementModule]\` alone makes no pool.`,
  );

function importsOf(metatype: Type | undefined): unknown[] {
  const imports: unknown = metatype && Reflect.getMetadata('imports', metatype);
  return Array.isArray(imports) ? imports : [];
}

const classOf = (imported: unknown): object | undefined =>
  typeof imported === 'function' ? imported : (imported as DynamicModule | undefined)?.module;
