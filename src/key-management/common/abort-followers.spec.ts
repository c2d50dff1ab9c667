import { followAbort, mergeAbortSignals, unfollowAbort } from './abort-followers';

const follower = () => ({ aborted: jest.fn() });

describe('followers of a signal', () => {
  it('D11: share one listener, which goes with the last of them', () => {
    const { signal } = new AbortController();
    const [added, removed] = [jest.spyOn(signal, 'addEventListener'), jest.spyOn(signal, 'removeEventListener')];
    const followers = Array.from({ length: 50 }, follower);
    for (const each of followers) followAbort(signal, each);
    for (const each of followers.slice(1)) unfollowAbort(signal, each);
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 0]);
    unfollowAbort(signal, followers[0]!);
    unfollowAbort(signal, followers[0]!);
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
  });

  it('are told once, with the reason, and not those that have left, nor by the first to hear of it', () => {
    const controller = new AbortController();
    const [stays, leaves, sentAway] = [follower(), follower(), follower()];
    stays.aborted.mockImplementation(() => {
      unfollowAbort(controller.signal, sentAway);
    });
    for (const each of [stays, leaves, sentAway]) followAbort(controller.signal, each);
    unfollowAbort(controller.signal, leaves);
    controller.abort('enough');
    expect(stays.aborted.mock.calls).toEqual([['enough']]);
    expect(leaves.aborted).not.toHaveBeenCalled();
    expect(sentAway.aborted).not.toHaveBeenCalled();
    const late = follower();
    followAbort(controller.signal, late);
    expect(late.aborted).toHaveBeenCalledWith('enough');
  });
});

describe('mergeAbortSignals', () => {
  it('aborts with the first that does, and not any more when it is released', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const following = mergeAbortSignals([first.signal, second.signal]);
    second.abort('second');
    first.abort('first');
    expect(following.signal.reason).toBe('second');
    const free = mergeAbortSignals([new AbortController().signal, (() => first.signal)()]);
    expect(free.signal.aborted).toBe(true);
    const third = new AbortController();
    const gone = mergeAbortSignals([third.signal]);
    gone.release();
    third.abort();
    expect(gone.signal.aborted).toBe(false);
  });
});
