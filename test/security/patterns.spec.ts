import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

// ESLint's plugin is an ES module, which Jest cannot load: it runs in a process of its own, on the rules that the project lints with.
const LINT = `
import { Linter } from 'eslint';
import regexp from 'eslint-plugin-regexp';
const [rules, ...samples] = JSON.parse(process.argv[1]);
const found = samples.map((code) => new Linter().verify(code, [{ plugins: { regexp }, rules }]).map(({ ruleId }) => ruleId));
process.stdout.write(JSON.stringify(found));
`;

const node = (...args: string[]): string => execFileSync(process.execPath, args, { encoding: 'utf8' });

describe('the lint of the sources', () => {
  const eslint = resolve('node_modules/eslint/bin/eslint.js');
  const { rules } = JSON.parse(node(eslint, '--print-config', 'src/key-management/common/log-line.ts')) as {
    rules: Record<string, unknown>;
  };
  const ours = Object.fromEntries(
    Object.entries(rules).filter(([name]) =>
      /^regexp\/|^no-(?:restricted-(?:syntax|imports)|eval|new-func)$/.test(name),
    ),
  );
  const found = (...samples: string[]): string[][] =>
    JSON.parse(node('--input-type=module', '-e', LINT, JSON.stringify([ours, ...samples]))) as string[][];

  it('lets no pattern pass that text of others can make slow, written down or built from texts', () => {
    const [exponential, quadratic, built, dynamic, template, fine] = found(
      'export const p = /(x+x+)+y/;',
      'export const p = /\\s+$/;',
      'const PART = "(a+)+"; export const p = new RegExp(`^${PART}$`);',
      'export const p = (text) => new RegExp(text);',
      'export const p = (text) => new RegExp(`^${text}$`);',
      'const PART = "[a-z]{1,9}"; export const p = new RegExp(`^${PART}$`);',
    );
    expect(exponential).toContain('regexp/no-super-linear-backtracking');
    expect(quadratic).toContain('regexp/no-super-linear-move');
    expect(built).toContain('regexp/no-super-linear-backtracking');
    expect([dynamic, template]).toEqual([['no-restricted-syntax'], ['no-restricted-syntax']]);
    expect(fine).toEqual([]);
  });

  it('lets nothing pass that runs a text as code, or a command', () => {
    const all = found(
      'import "node:child_process";',
      'import { run } from "vm"; run();',
      'eval("1");',
      'export const f = new Function("return 1");',
    );
    expect(all.flat()).toEqual(['no-restricted-imports', 'no-restricted-imports', 'no-eval', 'no-new-func']);
  });
});
