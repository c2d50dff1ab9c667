// Finds the package's exported types by name, wherever their files stand, and reads their members and TSDoc.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

export const ENTRY = 'src/key-management/index.ts';

const sources = new Map();
function sourceOf(file) {
  const known = sources.get(file);
  if (known) return known;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  sources.set(file, source);
  return source;
}

/** The file that declares what `entry` exports under `name`, following its imports and exports. */
export function findDeclaration(name, entry = ENTRY) {
  const found = search(name, entry, new Set());
  if (!found) throw new Error(`${entry} exports no ${name}.`);
  return found;
}

function search(name, file, visited) {
  if (visited.has(`${file} ${name}`)) return undefined;
  visited.add(`${file} ${name}`);
  for (const statement of sourceOf(file).statements) {
    if (isDeclarationOf(statement, name)) return { file, node: statement };
    const elements = specifiersOf(statement);
    for (const { name: local, propertyName } of elements) {
      if (local.text !== name) continue;
      const from = statement.moduleSpecifier && fileOf(file, statement.moduleSpecifier.text);
      const found = from && search((propertyName ?? local).text, from, visited);
      if (found) return found;
    }
    if (ts.isExportDeclaration(statement) && !statement.exportClause && statement.moduleSpecifier) {
      const from = fileOf(file, statement.moduleSpecifier.text);
      const found = from && search(name, from, visited);
      if (found) return found;
    }
  }
  return undefined;
}

const isDeclarationOf = (statement, name) =>
  (ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement)) &&
  statement.name?.text === name;

function specifiersOf(statement) {
  if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause))
    return statement.exportClause.elements;
  const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined;
  return bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
}

function fileOf(from, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const base = join(dirname(from), specifier);
  return [`${base}.ts`, join(base, 'index.ts')].find((file) => existsSync(file));
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();

/** The members of an exported interface: name, whether optional, type as written, and TSDoc as one line. */
export function membersOf(name) {
  const { node } = findDeclaration(name);
  return node.members.filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(),
    optional: member.questionToken !== undefined,
    type: typeOf(member),
    doc: docOf(member),
  }));
}

/** As written, without the comments of members within it. */
const typeOf = ({ type }) => oneLine((type?.getText() ?? 'unknown').replace(/\/\*\*[\s\S]*?\*\//g, ''));

function docOf(node) {
  const parts = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return oneLine(parts.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join(' '));
}

/** The `extends` of an interface, as written. */
export const baseOf = (name) =>
  (findDeclaration(name).node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.getText()));
