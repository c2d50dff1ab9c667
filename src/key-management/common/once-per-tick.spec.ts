import { OncePerTick } from './once-per-tick';

it('looks once for all who ask at the same time, and again when the clock has moved', () => {
  let looks = 0;
  const moment = new OncePerTick(() => (looks += 1));
  expect([moment.at(5), moment.at(5), moment.at(6), moment.at(6), moment.at(5)]).toEqual([1, 1, 2, 2, 3]);
});

it('knows a value that is undefined', () => {
  const look = jest.fn(() => undefined);
  const moment = new OncePerTick(look);
  expect([moment.at(1), moment.at(1)]).toEqual([undefined, undefined]);
  expect(look).toHaveBeenCalledTimes(1);
});
