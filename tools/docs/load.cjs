// Loads the package's own TypeScript, so that pages are made of what the code says.
require('../../test/support/ts-child.cjs');
const { resolve } = require('node:path');

module.exports = { load: (path) => require(resolve(path)) };
