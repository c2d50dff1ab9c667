/**
 * Stryker's test runner for the pure core. It compiles each file once, and runs the specs in one process: for every mutant the project's own modules
 * are loaded anew, so that no state is left of the mutant before, and packages stay. Jest takes many times as long to begin as these specs to run.
 */
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { format } from 'node:util';
import { compileFunction } from 'node:vm';
import { transformSync } from '@swc/core';
import { expect } from 'expect';
import fc from 'fast-check';

const NAMES = ['describe', 'it', 'beforeEach', 'afterEach', 'expect'];
const PARAMETERS = ['exports', 'require', 'module', ...NAMES];

/** The spec files, below the folder that the run begins in. */
export const strykerValidationSchema = { properties: { specs: { type: 'array', items: { type: 'string' } } } };
export const strykerPlugins = [
  { kind: 'TestRunner', name: 'specs', factory: runnerOf },
  { kind: 'Ignore', name: 'sources', value: { shouldIgnore } },
];

/** Where a rule's answer was seen is for readers: it does nothing. */
function shouldIgnore(path) {
  const isSource =
    path.isObjectProperty() && path.node.key.name === 'source' && path.node.value.type === 'StringLiteral';
  return isSource ? 'A source is for readers.' : undefined;
}

// That a property fails is enough: nobody reads by what.
fc.configureGlobal({ endOnFailure: true });

runnerOf.inject = ['options'];
function runnerOf({ specs }) {
  const load = loaderOf();
  /** How long each test takes, milliseconds: the short ones run first, since the first that fails ends the run. */
  const took = new Map();
  const stryker = (globalThis.__stryker__ ??= {});

  async function run({ testFilter, bails }) {
    stryker.currentTestId = undefined;
    let tests;
    try {
      tests = specs.flatMap((spec) => testsOf(spec, load));
    } catch (error) {
      return { status: 'error', errorMessage: String(error?.stack ?? error) };
    }
    tests.sort((one, other) => (took.get(one.id) ?? 0) - (took.get(other.id) ?? 0));
    const results = [];
    for (const test of tests) {
      if (testFilter && !testFilter.includes(test.id)) continue;
      const { id, fileName } = test;
      stryker.currentTestId = id;
      const began = performance.now();
      const failureMessage = await failureOf(test);
      const isFailed = failureMessage !== undefined;
      const timeSpentMs = performance.now() - began;
      if (!bails) took.set(id, timeSpentMs);
      results.push({ id, name: id, fileName, timeSpentMs, status: isFailed ? 1 : 0, failureMessage });
      if (isFailed && bails) break;
    }
    return { status: 'complete', tests: results };
  }

  return {
    init: () => undefined,
    dispose: () => undefined,
    capabilities: () => ({ reloadEnvironment: true }),
    async dryRun() {
      // Twice: all tests have to pass in the order of the second run, too.
      const first = await run({ bails: false });
      if (first.status === 'error') return first;
      stryker.mutantCoverage = { static: {}, perTest: {} };
      const result = await run({ bails: false });
      return { ...result, mutantCoverage: stryker.mutantCoverage };
    },
    async mutantRun({ activeMutant, testFilter, hitLimit }) {
      stryker.mutantCoverage = { static: {}, perTest: {} };
      stryker.activeMutant = activeMutant.id;
      stryker.hitCount = hitLimit === undefined ? undefined : 0;
      stryker.hitLimit = hitLimit;
      const result = await run({ testFilter, bails: true });
      stryker.activeMutant = undefined;
      if (stryker.hitCount > hitLimit) return { status: 'timeout', reason: `Hit limit reached (${hitLimit}).` };
      if (result.status === 'error') return result;
      const failed = result.tests.find(({ status }) => status === 1);
      const nrOfTests = result.tests.length;
      if (failed === undefined) return { status: 'survived', nrOfTests };
      return { status: 'killed', killedBy: [failed.id], failureMessage: failed.failureMessage, nrOfTests };
    },
  };
}

/** The tests that a spec file defines, in order. */
function testsOf(spec, load) {
  const tests = [];
  const ids = new Set();
  let [titles, hooks] = [[], { before: [], after: [] }];

  const it = (title, body) => {
    const name = [spec, ...titles, title].join(' ');
    let id = name;
    for (let n = 2; ids.has(id); n += 1) id = `${name} (${n})`;
    ids.add(id);
    tests.push({ id, fileName: resolve(spec), body, ...hooks });
  };
  const describe = (title, body) => {
    const outer = [titles, hooks];
    titles = [...titles, title];
    hooks = { before: [...hooks.before], after: [...hooks.after] };
    body();
    [titles, hooks] = outer;
  };
  for (const define of [it, describe]) {
    define.each = (rows) => (title, body) => {
      for (const row of rows) {
        const values = Array.isArray(row) ? row : [row];
        define(format(title, ...values), () => body(...values));
      }
    };
  }
  const beforeEach = (hook) => hooks.before.push(hook);
  const afterEach = (hook) => hooks.after.unshift(hook);
  load(resolve(spec), [describe, it, beforeEach, afterEach, expect]);
  return tests;
}

/** What a test fails by; undefined where it passes. */
async function failureOf({ before, body, after }) {
  let failure;
  const attempt = async (step) => {
    try {
      await step();
    } catch (error) {
      failure ??= String(error?.message ?? error);
    }
  };
  for (const hook of before) await attempt(hook);
  if (failure === undefined) await attempt(body);
  for (const hook of after) await attempt(hook);
  return failure;
}

/** Loads a file and all that it needs, each of the project's own modules anew. */
function loaderOf() {
  const { transform } = createRequire(import.meta.url)(resolve('jest.config.cjs'));
  const [, options] = transform['^.+\\.ts$'];
  const compiled = new Map();

  const compile = (path) => {
    const isJson = path.endsWith('.json');
    const source = readFileSync(path, 'utf8');
    const code = isJson
      ? `module.exports = ${source}`
      : transformSync(source, { ...options, filename: path, swcrc: false, configFile: false }).code;
    const own = createRequire(path);
    const file = { run: compileFunction(code, PARAMETERS, { filename: path }), own, paths: new Map() };
    compiled.set(path, file);
    return file;
  };

  return (entry, globals) => {
    const loaded = new Map();
    const load = (path) => {
      const known = loaded.get(path);
      if (known) return known.exports;
      const module = { exports: {} };
      loaded.set(path, module);
      const { run, own, paths } = compiled.get(path) ?? compile(path);
      const require = (request) => {
        if (!request.startsWith('.')) return own(request);
        let found = paths.get(request);
        if (found === undefined) paths.set(request, (found = fileOf(resolve(dirname(path), request))));
        return load(found);
      };
      run(module.exports, require, module, ...globals);
      return module.exports;
    };
    load(entry);
  };
}

const fileOf = (path) =>
  [path, `${path}.ts`, `${path}/index.ts`].find((each) => /\.\w+$/.test(each) && existsSync(each));
