// Draws the layers of tools/layers.cjs into ARCHITECTURE.md, between the two marks: `node tools/draw-layers.mjs`.
// With `--check` it writes nothing, and fails where the drawing differs from the list or a layer does not exist.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { LAYERS } = createRequire(import.meta.url)('./layers.cjs');
const FILE = 'ARCHITECTURE.md';
const PACKAGE = 'src/key-management/';
const [BEGIN, END] = ['<!-- layers: begin -->', '<!-- layers: end -->'];

/** One line per layer, the highest row first. Layers of one row stand in one frame. */
function drawing() {
  const width = Math.max(...LAYERS.flatMap(Object.keys).map((name) => name.length));
  const longest = Math.max(...LAYERS.flatMap(Object.values).map((purpose) => purpose.length));
  const rows = LAYERS.map((row, height) =>
    Object.entries(row).map(([name, purpose], index) => {
      const number = index === 0 ? String(height + 1) : '';
      return `${number.padStart(2)} │ ${name.padEnd(width)} │ ${purpose}`;
    }),
  );
  const rule = `───┼─${'─'.repeat(width)}─┼─${'─'.repeat(longest)}`;
  return rows
    .reverse()
    .map((lines) => lines.join('\n'))
    .join(`\n${rule}\n`);
}

const problems = [];
for (const name of LAYERS.flatMap(Object.keys)) {
  if (!existsSync(PACKAGE + name)) problems.push(`tools/layers.cjs names ${name}, which does not exist in ${PACKAGE}.`);
}

const text = readFileSync(FILE, 'utf8');
const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (begin === -1 || end < begin) throw new Error(`${FILE} needs the marks ${BEGIN} and ${END}.`);
const drawn = `${text.slice(0, begin)}${BEGIN}\n\`\`\`text\n${drawing()}\n\`\`\`\n${text.slice(end)}`;
if (process.argv.includes('--check')) {
  if (drawn !== text) problems.push(`The drawing in ${FILE} is not up to date: run \`node tools/draw-layers.mjs\`.`);
} else {
  writeFileSync(FILE, drawn);
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
