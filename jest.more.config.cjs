/**
 * What `npm test` leaves out, because it takes many processes, many random runs, a browser or much time: `npm run test:more`.
 * These files end in `.more-spec.ts`.
 * @type {import('jest').Config}
 */
// A busy machine may take its time: no limit here says anything of the code.
module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: ['<rootDir>/{src,test}/**/*.more-spec.ts'],
  testTimeout: 600_000,
};
