const { TestEnvironment } = require('jest-environment-node');

const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** Node's own environment, with the fetch dispatcher that @google/genai looks for on the global object. */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    new Headers(); // Node makes its dispatcher when fetch is first touched.
    this.global[DISPATCHER] = globalThis[DISPATCHER];
  }
};
