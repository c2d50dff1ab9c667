export * from './behaviour';
export { fakeKey } from './fake-keys';
export { SimulatedVendor } from './simulated-vendor';
export { startSimulatorProcess, type SimulatorProcess } from './simulator-process';
export { VendorSimulator } from './vendor-simulator';
