/** @type {import('jest').Config} */
module.exports = {
  // Looks for the secrets of the tests in all that leaves the process (test/canary/README.md).
  testEnvironment: '<rootDir>/test/canary/environment.ts',
  setupFilesAfterEnv: ['<rootDir>/test/canary/watch.ts'],
  reporters: ['default', '<rootDir>/test/canary/reporter.cjs'],
  // Real servers, browsers and processes on a machine that others use, too: slow is not failed. The last resort for what hangs,
  // and no test has a shorter one of its own.
  testTimeout: 120_000,
  testMatch: [
    '<rootDir>/src/**/*.spec.ts',
    '<rootDir>/test/**/*.spec.ts',
    '<rootDir>/test/**/*.e2e-spec.ts',
    '<rootDir>/examples/**/*.spec.ts',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.build/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          // As tsc does by tsconfig.json.
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
};
