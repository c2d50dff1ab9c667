import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const NO_EXIT = { object: 'process', property: 'exit', message: 'A library must not end its host. Throw.' };
/** One style of private members. `#name` also keeps them out of JSON, of logs and of other code at run time. */
const PRIVATE_MEMBERS = {
  selector:
    ':matches(PropertyDefinition, MethodDefinition, AccessorProperty)[accessibility="private"]:not([kind="constructor"])',
  message:
    'Name a private member `#name`. `private` is for parameter properties of a constructor, as Nest injects them.',
};
const TESTS = [
  '**/*.spec.ts',
  '**/*.e2e-spec.ts',
  '**/*.more-spec.ts',
  'test/**',
  'src/key-management/store/contract/**',
];

export default defineConfig(
  // These apps of compat import packages that are installed for them alone; they are compiled there.
  { ignores: ['node_modules', 'dist', '.build', 'coverage', 'data', 'tools/compat/{public,cli}'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', PRIVATE_MEMBERS],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'always' }],
      // Walkers return early by `return visit(…)` in a function of type void.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Nest's modules are classes without members.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Nest declares its options as classes, and callers pass literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Indexed access is checked (noUncheckedIndexedAccess); hot code asserts with `!` what it knows to be there.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // These patterns read texts of vendors and clients: none may take more than linear time. The rules also read patterns built from constants.
    files: ['src/**'],
    ignores: TESTS,
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
      'regexp/no-invalid-regexp': 'error',
      // Nothing that is configured, stored or received may run as code or as a command.
      'no-eval': 'error',
      'no-new-func': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: ['child_process', 'cluster', 'vm', 'worker_threads', 'inspector'].flatMap((name) => [
            name,
            `node:${name}`,
          ]),
        },
      ],
      // Replaces the list above for these files, so it repeats the entry.
      'no-restricted-syntax': [
        'error',
        PRIVATE_MEMBERS,
        {
          selector:
            ':matches(NewExpression, CallExpression)[callee.name="RegExp"] > :not(Literal, TemplateLiteral).arguments:first-child',
          message: 'A pattern made at run time cannot be checked. Write it down, or build it from constants.',
        },
        {
          selector:
            ':matches(NewExpression, CallExpression)[callee.name="RegExp"] > TemplateLiteral > .expressions:not(Identifier[name=/^[A-Z][A-Z_]*$/])',
          message: 'A pattern is built from constants only, so that it can be checked.',
        },
      ],
    },
  },
  {
    files: ['src/key-management/**'],
    ignores: TESTS,
    rules: {
      'no-restricted-properties': [
        'error',
        NO_EXIT,
        { object: 'process', property: 'env', message: 'Settings are read in configuration/ only.' },
        { object: 'Date', property: 'now', message: 'Inject CLOCK, so that tests are exact.' },
        { object: 'Math', property: 'random', message: 'Inject RANDOM, so that tests are exact.' },
      ],
    },
  },
  {
    files: [
      'src/key-management/{configuration,store,dashboard/ui}/**',
      'src/key-management/{common/clock,key-management.module}.ts',
    ],
    rules: { 'no-restricted-properties': ['error', NO_EXIT] },
  },
  {
    files: TESTS,
    rules: {
      'no-console': 'off',
      // Tests read answers of vendors and of HTTP as the shape that they expect.
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['demo/**', 'bench/**', 'tools/**', 'examples/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    // tsc and Node know the globals; a list here would go stale.
    rules: { 'no-undef': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
