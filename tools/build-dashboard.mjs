// Builds the page of the dashboard into dist, or into the folder given as argument: one script, one style sheet, and a manifest of their names.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src/key-management/dashboard/ui');
const target = process.argv[2] ? resolve(process.argv[2]) : join(root, 'dist/key-management/dashboard/public');

const { outputFiles } = await build({
  entryPoints: { app: join(source, 'main.tsx') },
  outdir: target,
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  target: ['chrome120', 'firefox120', 'safari17'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  banner: {
    js: '/*! With Preact (MIT, (c) 2015-present Jason Miller), uPlot (MIT, (c) 2022 Leon Sorokin) and eventsource-parser (MIT, (c) 2026 Espen Hovlandsdal). */',
  },
  tsconfig: join(source, 'tsconfig.json'),
  logLevel: 'warning',
});

const written = (extension) => {
  const file = outputFiles.find(({ path }) => path.endsWith(extension));
  if (!file) throw new Error(`The build made no ${extension} file.`);
  return file;
};
const script = written('.js');
const style = written('.css');

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const { path, contents } of [script, style]) writeFileSync(path, contents);
const names = { script: basename(script.path), style: basename(style.path) };
writeFileSync(join(target, 'manifest.json'), `${JSON.stringify(names)}\n`);

const kb = (bytes) => `${(bytes / 1_000).toFixed(1)} kB`;
for (const { path, contents } of [script, style]) {
  console.log(`${relative(root, path)}: ${kb(contents.length)}, ${kb(gzipSync(contents).length)} gzipped`);
}
