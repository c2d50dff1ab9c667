// The change of a root module's text, made where its syntax tree says, so that the rest of the file stays as it is.
'use strict';

const PACKAGE = 'nestjs-ai-key-management';
const CALL = 'KeyManagementModule.forRoot()';

/**
 * The text of a file with the module among the imports of a class.
 * @param {string} text
 * @param {string | undefined} className Default: the first class with `@Module`.
 * @param {object} ts The TypeScript of the app.
 * @returns {string | undefined} Undefined where it is there already.
 * @throws {Error} where no class has `@Module({ … })`
 */
exports.withModule = function withModule(text, className, ts) {
  const file = ts.createSourceFile('app.module.ts', text, ts.ScriptTarget.Latest, true);
  const imports = file.statements.filter(ts.isImportDeclaration);
  if (imports.some((each) => isOurs(each, ts))) return undefined;
  const settings = settingsOf(file, className, ts);
  if (settings === undefined)
    throw new Error(
      `No class ${className ?? ''} with @Module({ … }) was found. Add ${CALL} of ${PACKAGE} to its imports.`,
    );
  const edits = [importEdit(imports, text), settingEdit(settings, text, ts)];
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((changed, { from, to, by }) => changed.slice(0, from) + by + changed.slice(to), text);
};

/** Whether it imports the module, and not some type of the package alone. */
function isOurs({ moduleSpecifier, importClause }, ts) {
  const names = importClause?.namedBindings;
  if (moduleSpecifier.text !== PACKAGE || !names) return false;
  return (
    ts.isNamespaceImport(names) ||
    names.elements.some((each) => (each.propertyName ?? each.name).text === 'KeyManagementModule')
  );
}

/** The object that `@Module` is given. */
function settingsOf(file, className, ts) {
  const classes = file.statements.filter(ts.isClassDeclaration);
  const named = classes.filter(({ name }) => name?.text === className);
  for (const each of named.length > 0 ? named : classes) {
    for (const { expression } of ts.getDecorators(each) ?? []) {
      if (!ts.isCallExpression(expression) || expression.expression.getText() !== 'Module') continue;
      const [settings] = expression.arguments;
      if (settings && ts.isObjectLiteralExpression(settings)) return settings;
    }
  }
  return undefined;
}

/** After the last import, in its quotes. */
function importEdit(imports, text) {
  const last = imports.at(-1);
  const quote = last?.moduleSpecifier.getText()[0] ?? "'";
  const statement = `import { KeyManagementModule } from ${quote}${PACKAGE}${quote};`;
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  if (last === undefined) return { from: 0, to: 0, by: statement + end };
  return { from: last.end, to: last.end, by: end + statement };
}

function settingEdit(settings, text, ts) {
  const imports = settings.properties.find(({ name }) => name?.getText() === 'imports');
  if (imports === undefined) return firstProperty(settings, text);
  const value = ts.isPropertyAssignment(imports) ? imports.initializer : undefined;
  if (value && ts.isArrayLiteralExpression(value)) return lastElement(value, text);
  // A list from elsewhere: by its name, or by an expression.
  const list = value?.getText() ?? 'imports';
  return { from: imports.getStart(), to: imports.end, by: `imports: [...(${list}), ${CALL}]` };
}

function firstProperty(settings, text) {
  const from = settings.getStart() + 1;
  const [first] = settings.properties;
  if (first === undefined) return { from, to: settings.end - 1, by: ` imports: [${CALL}] ` };
  // What stands before the first property: a blank, or a line's end and its indentation.
  return { from, to: from, by: `${text.slice(from, first.getStart()).replace(/\/[*/].*/s, '')}imports: [${CALL}],` };
}

function lastElement({ elements, end }, text) {
  const last = elements.at(-1);
  if (last === undefined) return { from: end - 1, to: end - 1, by: CALL };
  const line = /\r?\n[ \t]*$/.exec(text.slice(0, last.getStart()))?.[0];
  return { from: last.end, to: last.end, by: `,${line ?? ' '}${CALL}` };
}
