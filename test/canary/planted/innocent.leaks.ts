import { maskKey } from '../../../src/key-management';
import { plantedKey } from './planted-keys';

// The counterpart of the leaking file: it prints what may be printed, and passes.

it('shows the mask of a key', () => {
  console.warn(maskKey(plantedKey('nowhere')));
});
