import { FirstContacts } from './first-contact';

describe('FirstContacts', () => {
  const account = {};
  const met = (at = 1_000): FirstContacts<object> => {
    const contacts = new FirstContacts<object>();
    contacts.begins(account, at);
    return contacts;
  };
  /** How many calls at once go at that time. */
  const atOnce = (contacts: FirstContacts<object>, now: number): number => {
    let inFlight = 0;
    while (inFlight < 1_000 && contacts.blockedUntil(account, inFlight, now) === 0) inFlight += 1;
    return inFlight;
  };

  it('allows two calls at first, and twice as many every 100 ms', () => {
    const contacts = met();
    expect([1_000, 1_099, 1_100, 1_250, 1_700].map((now) => atOnce(contacts, now))).toEqual([2, 2, 4, 8, 256]);
  });

  it('doubles with each good answer, too', () => {
    const contacts = met();
    expect(contacts.answered(account)).toBe(true);
    expect(contacts.answered(account)).toBe(true);
    expect(atOnce(contacts, 1_000)).toBe(8);
  });

  it('says when the next call may go', () => {
    expect(met().blockedUntil(account, 2, 1_020)).toBe(1_100);
    expect(met().blockedUntil(account, 4, 1_020)).toBe(1_200);
  });

  it('allows them under a clock that was set back, too', () => {
    expect([0, 1, 2].map((inFlight) => met().blockedUntil(account, inFlight, 900))).toEqual([0, 0, 1_100]);
  });

  it('ends after 800 ms, and when something is known', () => {
    const contacts = met();
    expect([contacts.isMeeting(1_799), contacts.isMeeting(1_800)]).toEqual([true, false]);
    expect(atOnce(contacts, 1_000)).toBe(1_000);
    const other = met();
    other.ends(account);
    expect([atOnce(other, 1_000), other.isMeeting(1_000), other.answered(account)]).toEqual([1_000, false, false]);
  });
});
