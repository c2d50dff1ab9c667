import { getOrCreate } from '../../common/get-or-create';
import type { GrantedPart } from '../../pool/limits/part';
import { EmptyCapacity } from './empty-capacity';
import { nextParts, occupied, type Standing } from './divide';
import { isLater, isSame, type Grant, type Leadership, type Report } from './messages';
import { DRIFT_MS, LEASE_MS } from './timing';

/** One grant as the leader remembers it: until it is over, or its holder says that it follows a later one. */
interface Issue {
  readonly number: number;
  readonly parts: ReadonlyMap<string, number>;
  readonly endsAt: number;
}

/** Since when an instance has had a part of use of an account, or has lacked one. */
interface Turn {
  readonly isServed: boolean;
  readonly since: number;
}

interface Member {
  readonly id: string;
  /** Accounts of other providers are other accounts. */
  readonly provider: string;
  report: Report;
  receivedAt: number;
  issues: Issue[];
  readonly turns: Map<string, Turn>;
}

interface Account {
  readonly members: Set<Member>;
  readonly empty: EmptyCapacity;
}

const NO_PARTS: ReadonlyMap<string, number> = new Map();

/**
 * Divides the accounts among the instances: takes their reports, and says what to grant. Knows no store and no timer.
 *
 * A part counts as its holder's until the holder has said that it follows a grant of less, or the lease has run out, whichever comes first.
 * A lease is counted by the holder from when it sent the report that is answered, and here from when that report arrived, which is later: so it
 * is over there before it is over here, whatever the two clocks say.
 */
export class Leader implements Leadership {
  readonly #members = new Map<string, Member>();
  readonly #accounts = new Map<string, Account>();
  /** Whose parts are to be looked at, and who is to be answered. */
  readonly #changed = new Set<string>();
  readonly #unanswered = new Set<Member>();
  /** Instances that may use what no leader gave them: this part of every account, each, but of providers for which they have said what they hold. */
  #unheard: { readonly parts: Map<string, number>; readonly heard: Set<string>; readonly until: number } | undefined;
  #numbers = 0;
  #isOpen = false;
  /** No lease that it gives lasts longer; by its own clock. */
  #coveredUntil = 0;

  constructor(
    readonly leader: string,
    public term: number,
  ) {}

  /** Its leases may last until then. Before `open`: of those who say what they hold, and only so much. */
  cover(until: number): void {
    this.#coveredUntil = until;
  }

  /** No lease of an earlier leader lasts any longer: from now on what is free is given. */
  open(now: number): void {
    this.#isOpen = true;
    for (const member of this.#members.values()) if (member.receivedAt >= now - LEASE_MS) this.#unanswered.add(member);
    for (const account of this.#accounts.keys()) this.#changed.add(account);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** These may use such parts until then, unless they say what they hold. */
  reserve(parts: ReadonlyMap<string, number>, until: number): void {
    this.#unheard = { parts: new Map(parts), heard: new Set(), until };
  }

  /** Nobody has a part, and nobody asks for one. */
  get isIdle(): boolean {
    return this.#members.size === 0;
  }

  /** A report of `instance` for `provider` has come. Answers false where it follows a later leader: then this one must begin anew. */
  reported(instance: string, provider: string, report: Report, now: number): boolean {
    const id = `${provider}/${instance}`;
    this.#unheard?.heard.add(id);
    const member = getOrCreate(this.#members, id, () => newMember(id, provider, report, now));
    const isNew = member.report === report;
    // Of an instance that was started anew the first report counts, of others the latest.
    if (!isNew && report.sequence <= member.report.sequence) return true;
    const before = this.#accountsOf(member);
    member.report = report;
    member.receivedAt = now;
    const seen = isSame(report, this) ? report.seen : 0;
    member.issues = member.issues.filter(({ number }) => number >= seen);
    if (this.#holdsUnknown(member)) {
      const parts = new Map(Array.from(report.claims, ([account, { holds }]) => [account, holds] as const));
      member.issues.push({ number: 0, parts, endsAt: now + LEASE_MS + DRIFT_MS });
    }
    this.#look(member, before);
    for (const [name, { emptied, refillMs }] of report.claims)
      this.#accounts.get(keyOf(member, name))?.empty.add(emptied, refillMs, now);
    this.#unanswered.add(member);
    return !isLater(report, this);
  }

  /** The instance is gone, and uses nothing any more: what it had used of its parts is there again when it has refilled. */
  left(instance: string, now: number): void {
    this.#unheard?.parts.delete(instance);
    for (const member of [...this.#members.values()]) {
      if (member.id !== `${member.provider}/${instance}`) continue;
      this.#returnUnasked(member, now);
      this.#forget(member);
    }
  }

  /** What is to be granted now, by `<provider>/<instance>`. */
  grants(now: number): Map<string, Grant> {
    this.#expire(now);
    const changes = new Map<Member, Map<string, GrantedPart>>();
    if (this.#isOpen) for (const name of this.#changed) this.#divide(name, now, changes);
    this.#changed.clear();
    const grants = new Map<string, Grant>();
    for (const member of new Set([...this.#unanswered, ...changes.keys()])) {
      const grant = this.#issue(member, changes.get(member), now);
      if (grant) grants.set(member.id, grant);
    }
    this.#unanswered.clear();
    return grants;
  }

  /** It is new here, and says that it holds what this leader did not give: it was kept from a leader before, or is used without the store. */
  #holdsUnknown({ report, issues }: Member): boolean {
    return report.isFallback || (!this.#isOpen && isSame(report, this) && issues.length === 0);
  }

  #expire(now: number): void {
    if (this.#unheard && now >= this.#unheard.until) {
      this.#unheard = undefined;
      for (const account of this.#accounts.keys()) this.#changed.add(account);
    }
    for (const member of [...this.#members.values()]) {
      const over = member.issues.filter(({ endsAt }) => endsAt <= now);
      if (over.length > 0) {
        const before = this.#accountsOf(member);
        // What it used since its last report is not known: what it had used by then counts.
        if (over.length === member.issues.length) this.#returnUnasked(member, now);
        member.issues = member.issues.filter(({ endsAt }) => endsAt > now);
        this.#look(member, before);
      }
      if (endOf(member) <= now) this.#forget(member);
    }
  }

  #returnUnasked(member: Member, now: number): void {
    for (const [name, { bound, refillMs }] of member.report.claims)
      this.#accounts.get(keyOf(member, name))?.empty.add(Math.min(bound, mostOf(member, name)), refillMs, now);
  }

  #divide(key: string, now: number, changes: Map<Member, Map<string, GrantedPart>>): void {
    const account = this.#accounts.get(key);
    if (!account) return;
    const name = nameOf(key);
    const members = [...account.members];
    const standings = members.map((member) => this.#standing(member, name, now));
    const capacity = Math.max(0, 1 - this.#reservedOf(providerOf(key)));
    let free = capacity - standings.reduce((sum, standing) => sum + occupied(standing), 0);
    const parts = nextParts(standings, capacity, now);
    for (const [i, member] of members.entries()) {
      const standing = standings[i]!;
      const fraction = parts[i]!;
      this.#turn(member, name, { isServed: fraction > 0 && fraction >= standing.least - 1e-9, since: now });
      if (fraction === standing.current) continue;
      const gained = Math.max(0, fraction - occupied(standing));
      const level = account.empty.take(gained, free, now);
      free -= gained;
      getOrCreate(changes, member, () => new Map<string, GrantedPart>()).set(name, { fraction, level });
    }
  }

  #reservedOf(provider: string): number {
    let reserved = 0;
    for (const [instance, part] of this.#unheard?.parts ?? [])
      if (!this.#unheard!.heard.has(`${provider}/${instance}`)) reserved += part;
    return reserved;
  }

  #standing(member: Member, name: string, now: number): Standing {
    const claim = member.report.claims.get(name);
    return {
      wanted: claim?.wanted ?? 0,
      bound: claim?.bound ?? 0,
      least: claim?.least ?? 1,
      current: currentOf(member).get(name) ?? 0,
      most: mostOf(member, name),
      since: member.turns.get(name)?.since ?? now,
      own: claim?.own ?? 0,
      isAsking: this.#unanswered.has(member),
    };
  }

  #turn({ report, turns }: Member, name: string, turn: Turn): void {
    if (!((report.claims.get(name)?.wanted ?? 0) > 0)) turns.delete(name);
    else if (turns.get(name)?.isServed !== turn.isServed) turns.set(name, turn);
  }

  /** Answers the member's last report, with all its parts. */
  #issue(member: Member, changes: ReadonlyMap<string, GrantedPart> | undefined, now: number): Grant | undefined {
    // Before it is open, it only keeps up what those have who follow it.
    if (!this.#isOpen && !isSame(member.report, this)) return undefined;
    const lastsMs = Math.floor(Math.min(LEASE_MS, this.#coveredUntil - member.receivedAt));
    if (member.receivedAt + lastsMs <= now) return undefined;
    const parts = new Map<string, GrantedPart>();
    for (const [account, fraction] of currentOf(member)) parts.set(account, { fraction, level: 1 });
    for (const [account, part] of changes ?? []) parts.set(account, part);
    for (const [account, { fraction }] of parts) if (fraction <= 0) parts.delete(account);
    this.#numbers += 1;
    const number = this.#numbers;
    const fractions = new Map(Array.from(parts, ([account, { fraction }]) => [account, fraction] as const));
    const before = this.#accountsOf(member);
    member.issues.push({ number, parts: fractions, endsAt: member.receivedAt + lastsMs + DRIFT_MS });
    this.#look(member, before, false);
    const { term, leader } = this;
    return { term, leader, number, answers: member.report.sequence, lastsMs, parts };
  }

  #accountsOf({ report, issues }: Member): Set<string> {
    return new Set([...report.claims.keys(), ...issues.flatMap(({ parts }) => [...parts.keys()])]);
  }

  /** Notes which accounts the member has to do with now, and before. */
  #look(member: Member, before: ReadonlySet<string>, isChange = true): void {
    const after = this.#accountsOf(member);
    for (const name of after) {
      const key = keyOf(member, name);
      getOrCreate(this.#accounts, key, () => ({ members: new Set<Member>(), empty: new EmptyCapacity() })).members.add(
        member,
      );
      if (isChange) this.#changed.add(key);
    }
    for (const name of before) {
      if (after.has(name)) continue;
      member.turns.delete(name);
      this.#accounts.get(keyOf(member, name))?.members.delete(member);
      this.#changed.add(keyOf(member, name));
    }
  }

  #forget(member: Member): void {
    const before = this.#accountsOf(member);
    this.#members.delete(member.id);
    this.#unanswered.delete(member);
    for (const name of before) {
      const key = keyOf(member, name);
      this.#accounts.get(key)?.members.delete(member);
      this.#changed.add(key);
    }
  }
}

const newMember = (id: string, provider: string, report: Report, receivedAt: number): Member => ({
  id,
  provider,
  report,
  receivedAt,
  issues: [],
  turns: new Map(),
});

/** Names of providers have no line break. */
const keyOf = ({ provider }: Member, account: string): string => `${provider}\n${account}`;
const providerOf = (key: string): string => key.slice(0, key.indexOf('\n'));
const nameOf = (key: string): string => key.slice(key.indexOf('\n') + 1);

/** When nothing is left of the member unless it reports again. */
const endOf = ({ receivedAt, issues }: Member): number =>
  Math.max(receivedAt + LEASE_MS + DRIFT_MS, ...issues.map(({ endsAt }) => endsAt));

/** What it was given last. */
const currentOf = ({ issues }: Member): ReadonlyMap<string, number> => issues.at(-1)?.parts ?? NO_PARTS;

/** The most of an account that the member may still use. */
const mostOf = ({ issues }: Member, account: string): number =>
  issues.reduce((most, { parts }) => Math.max(most, parts.get(account) ?? 0), 0);
