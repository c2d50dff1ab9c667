import { createHash } from 'node:crypto';
import type { RedisClient } from './source';

/** All instances together look for lost documents this often; milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * What must be atomic. All keys begin with KEYS[1], the root of a shard with a hash tag, so that a cluster keeps them together:
 *
 * | key | type | what |
 * |---|---|---|
 * | `<root>meta` | hash | `epoch`: a mark of this data, another after a loss, `seq`: number of the last batch that all were told, `last`: its id in the stream, `quiet` and `lastQuiet`: the same of those that nobody was, `looked`: the last document that was looked for, `lookedAt`: when; milliseconds, `shards`: how the namespace is divided, as `4`, or `1>4` while it is being divided, `empty`: the last document was dropped |
 * | `<root>docs` | sorted set | the names of all documents, all with score 0, for ranges by prefix |
 * | `<root>doc:<name>` | hash | `r<field>` → `version\|tie\|JSON`, `m<field>` and `s<field>` → number |
 * | `<root>changes` | stream | what all are told, a batch per entry: `n` its number, `w` its writer, `c` the packed changes; kept a minute |
 * | `<root>letters:<instance>` | stream | what one instance is told, of the same form without numbers; kept a minute |
 * | `<root>quiet` | stream | what nobody is told, of the same form: batches that are only added up, and the drops of the others; kept a minute |
 * | `<root>batch:<id>` | string | a batch that was applied; kept 10 minutes |
 * | `<root>lock:<name>` | string | the holder |
 * | `<root>snapshot-1:<prefix>` | hash | documents as they were loaded: `id` the mark by which is noted what changed since, `parts` their number, `<id>:<n>` the n-th, compressed; kept half a minute |
 * | `<root>touched` | sorted set | the names of the documents that any batch touched since the snapshots were begun, all with score 0, and the mark `#<id>\|<batches before>\|<epoch>`; kept half a minute. `noted` of `<root>meta` counts the batches |
 */
const META = `
local root = KEYS[1]
local meta = root .. 'meta'
local function epoch(candidate)
  if redis.call('HSETNX', meta, 'epoch', candidate) == 1 then redis.call('HSET', meta, 'shards', ARGV[#ARGV]) end
  return redis.call('HGET', meta, 'epoch')
end
`;

/** The last of ARGV is how the caller takes the namespace to be divided: nothing is done for one that is wrong. */
const DIVIDED = `${META}
local shards = redis.call('HGET', meta, 'shards')
if shards and shards ~= ARGV[#ARGV] then return redis.error_reply('OTHERSHARDS the namespace is divided otherwise: ' .. shards) end
`;

/**
 * What is noted for the readers of snapshots: its id, and `whole` if every batch of this data was noted; nothing if nothing is. A batch that
 * somebody wrote who does not note, and one that an earlier server had, are missing in the number. What such a one writes for one instance alone is in
 * no number: it is news to that instance, and seconds later to none.
 */
const NOTED = `
local touched = root .. 'touched'
local function noted()
  local mark = redis.call('ZRANGEBYLEX', touched, '[#', '($', 'LIMIT', 0, 1)[1]
  local id, before, of = string.match(mark or '', '^#([^|]*)|(%d+)|(.*)$')
  local meta = redis.call('HMGET', root .. 'meta', 'epoch', 'seq', 'quiet', 'noted')
  if not id or of ~= meta[1] then return end
  local batches = tonumber(meta[2] or 0) + tonumber(meta[3] or 0)
  return id, tonumber(before) + tonumber(meta[4] or 0) == batches and 'whole' or ''
end
`;

/**
 * ARGV: an epoch for data that has none, or of which some was lost; how many documents are looked at; `1` to look at them though another
 * instance did just now. → epoch, number of the last batch,
 * its stream id, the server's run id, its time in milliseconds, `1` for a node of a cluster, and the policy by which the server evicts keys,
 * or ''. What the user may not ask for is ''. The last: how the namespace is divided. Data of a version that did not say so is of one shard.
 * A server that evicts deletes single documents without notice: their names stay in the index. Some more of them are checked each second,
 * by whichever instance comes first.
 * An error where nothing can be written because this is a replica; memory or disk that lack do not keep the data from being read.
 */
export const HELLO: string = `${META}
local refused = redis.pcall('HDEL', meta, 'nothing')
if type(refused) == 'table' and string.match(refused.err or '', '^READONLY') then return refused end
local mark = redis.call('HGET', meta, 'epoch')
local shards = redis.call('HGET', meta, 'shards')
if not shards then
  shards = mark and '1' or ARGV[#ARGV]
  redis.pcall('HSET', meta, 'shards', shards)
end
mark = mark or epoch(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local names, gone = {}, {}
local isEmpty = redis.call('EXISTS', root .. 'docs') == 0
local lost = isEmpty and redis.call('HEXISTS', meta, 'seq') == 1 and redis.call('HEXISTS', meta, 'empty') == 0
if not isEmpty then redis.pcall('HDEL', meta, 'empty') end
local from = redis.call('HGET', meta, 'looked')
local isDue = ARGV[3] == '1' or now - (tonumber(redis.call('HGET', meta, 'lookedAt') or '') or 0) >= ${LOOK_EVERY_MS}
if isDue then
  names = redis.call('ZRANGEBYLEX', root .. 'docs', from and '(' .. from or '-', '+', 'LIMIT', 0, ARGV[2])
  local keys = {}
  for i, name in ipairs(names) do keys[i] = root .. 'doc:' .. name end
  -- All at once: mostly none is gone.
  if #keys > 0 and redis.call('EXISTS', unpack(keys)) < #keys then
    for i, name in ipairs(names) do
      if redis.call('EXISTS', keys[i]) == 0 then gone[#gone + 1] = name end
    end
  end
end
local function failed(answer) return type(answer) == 'table' and answer.err end
-- A server without memory reports the loss when it can write again.
if (lost or #gone > 0) and not failed(redis.pcall('HSET', meta, 'epoch', ARGV[1])) then
  mark = ARGV[1]
  for _, name in ipairs(gone) do redis.pcall('ZREM', root .. 'docs', name) end
end
if isDue then
  redis.pcall('HSET', meta, 'lookedAt', string.format('%.0f', now))
  if #names == tonumber(ARGV[2]) then redis.pcall('HSET', meta, 'looked', names[#names])
  elseif from then redis.pcall('HDEL', meta, 'looked') end
end
local info = redis.pcall('INFO')
local function about(name) return type(info) == 'string' and string.match(info, '\\n' .. name .. ':([^\\r\\n]*)') or '' end
local policy = about('maxmemory_policy')
if about('maxmemory') == '0' or policy == 'noeviction' then policy = '' end
return { mark, redis.call('HGET', meta, 'seq') or '0', redis.call('HGET', meta, 'last') or '0-0', about('run_id'), string.format('%.0f', now), about('cluster_enabled'), policy, shards }
`;

/**
 * ARGV: packed changes, writer, batch id or '', an epoch for data that has none, kept milliseconds, and who is to hear of it: `all`, `nobody`,
 * `@` and an instance, or nothing: then the batch is told and read nowhere. → epoch. The fields of a document are read and written by one command each, however many of them change.
 */
export const WRITE: string = `${DIVIDED}
local changes = cjson.decode(ARGV[1])
local mark = epoch(ARGV[4])
if ARGV[3] ~= '' and not redis.call('SET', root .. 'batch:' .. ARGV[3], 1, 'NX', 'PX', 600000) then return mark end

-- Byte by byte: Lua's own comparison follows the server's locale.
local function greater(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return #a > #b
end

local function replaces(version, tie, held)
  local heldVersion, heldTie = string.match(held or '', '^(%d+)|([^|]*)|')
  if not heldVersion then return true end
  local one, other = tonumber(version), tonumber(heldVersion)
  if other > 4294967296 then return true end
  if one ~= other then return one > other end
  return greater(tie, heldTie)
end

-- A sum that is copied ('g') is a sum, which is the same however often.
local function fieldName(kind, field) return (kind == 'g' and 's' or kind) .. field end

-- Of each document: the fields that the batch touches, what they hold, and which of them change.
local documents = {}
local order = {}
for _, change in ipairs(changes) do
  local kind, doc, field = change[1], change[2], change[3]
  local document = documents[doc]
  if not document then
    document = { names = {}, known = {}, held = {}, dirty = {} }
    documents[doc] = document
    order[#order + 1] = doc
  end
  if kind ~= 'd' then
    local name = fieldName(kind, field)
    if not document.known[name] then
      document.known[name] = true
      document.names[#document.names + 1] = name
    end
  end
end

local lost = false
local function read(doc, document)
  local key = root .. 'doc:' .. doc
  local isThere = false
  for from = 1, #document.names, 1000 do
    local upTo = math.min(from + 999, #document.names)
    local values = redis.pcall('HMGET', key, unpack(document.names, from, upTo))
    if values.err then break end
    for i, value in ipairs(values) do
      if value then
        document.held[document.names[from + i - 1]] = value
        isThere = true
      end
    end
  end
  document.isThere = isThere
end

-- A document of which nothing was found: it is new, has other fields, was evicted, or somebody put something else in its place.
local function look(doc, document)
  local key = root .. 'doc:' .. doc
  local kept = redis.call('TYPE', key).ok
  local isNew = redis.call('ZADD', root .. 'docs', 0, doc) == 1
  if isNew then redis.call('HDEL', meta, 'empty') end
  if kept ~= 'hash' and not (isNew and kept == 'none') then
    redis.call('DEL', key)
    lost = true
  end
  document.isThere = true
end

-- While there are snapshots, their readers must know what changed since.
local notes = redis.call('EXISTS', root .. 'touched') == 1
if notes then
  local names = {}
  for i, doc in ipairs(order) do names[2 * i - 1], names[2 * i] = 0, doc end
  for from = 1, #names, 1000 do
    redis.call('ZADD', root .. 'touched', unpack(names, from, math.min(from + 999, #names)))
  end
end

local drops = {}
for _, change in ipairs(changes) do
  local kind, doc, field = change[1], change[2], change[3]
  local document = documents[doc]
  if kind == 'd' then
    redis.call('DEL', root .. 'doc:' .. doc)
    redis.call('ZREM', root .. 'docs', doc)
    document.held, document.dirty, document.isThere, document.isRead = {}, {}, false, true
    drops[#drops + 1] = change
  else
    if not document.isRead then
      read(doc, document)
      document.isRead = true
    end
    if not document.isThere then look(doc, document) end
    local name = fieldName(kind, field)
    local held = document.held[name]
    local value
    if kind == 'r' then
      if replaces(change[4], change[5], held) then value = change[4] .. '|' .. change[5] .. '|' .. change[6] end
    elseif kind == 'm' or kind == 'g' then
      local number = tonumber(held)
      if number ~= number then number = nil end
      if not number or tonumber(change[4]) > number then value = change[4] end
    else
      value = string.format('%.17g', (tonumber(held) or 0) + tonumber(change[4]))
    end
    if value then
      document.held[name] = value
      document.dirty[name] = value
    end
  end
end

local named = {}
for _, doc in ipairs(order) do
  local fields = {}
  for name, value in pairs(documents[doc].dirty) do
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  for from = 1, #fields, 1000 do
    redis.call('HSET', root .. 'doc:' .. doc, unpack(fields, from, math.min(from + 999, #fields)))
  end
  if #fields > 0 then
    named[#named + 1] = 0
    named[#named + 1] = doc
  end
end
-- The index may have lost some of them.
for from = 1, #named, 1000 do
  redis.call('ZADD', root .. 'docs', unpack(named, from, math.min(from + 999, #named)))
end

if lost then
  redis.call('HSET', meta, 'epoch', ARGV[4])
  mark = ARGV[4]
end
if #drops > 0 and redis.call('EXISTS', root .. 'docs') == 0 then redis.call('HSET', meta, 'empty', 1) end

local oldest = string.format('%.0f', redis.call('TIME')[1] * 1000 - tonumber(ARGV[5]))
local function append(stream, number, last, packed)
  local seq = redis.call('HINCRBY', root .. 'meta', number, 1)
  if notes then redis.call('HINCRBY', root .. 'meta', 'noted', 1) end
  -- By age, and now and then by number.
  local by, bound = 'MINID', oldest
  if seq % 100 == 0 then by, bound = 'MAXLEN', 10000 end
  local id = redis.call('XADD', root .. stream, by, '~', bound, '*', 'n', seq, 'w', ARGV[2], 'c', packed)
  redis.call('HSET', root .. 'meta', last, id)
end
local audience = ARGV[6]
if audience == 'all' then append('changes', 'seq', 'last', ARGV[1])
elseif audience == 'nobody' then append('quiet', 'quiet', 'lastQuiet', ARGV[1])
elseif audience ~= '' then
  local letters = root .. 'letters:' .. string.sub(audience, 2)
  redis.call('XADD', letters, 'MAXLEN', '~', 1000, '*', 'w', ARGV[2], 'c', ARGV[1])
  redis.call('PEXPIRE', letters, ARGV[5])
end
if audience ~= 'nobody' and audience ~= '' and #drops > 0 then append('quiet', 'quiet', 'lastQuiet', cjson.encode(drops)) end
return mark
`;

/**
 * ARGV: an epoch for data that has none, and from where on: epoch, number, id in the stream, most batches; or nothing more.
 * → epoch, number and id of the last batch that nobody was told, then the batches after that which was named.
 */
export const SINCE: string = `${DIVIDED}
local mark = epoch(ARGV[1])
local function of(name) return redis.call('HGET', root .. 'meta', name) end
local answer = { mark, of('quiet') or '0', of('lastQuiet') or '0-0' }
if ARGV[2] ~= mark or ARGV[3] == answer[2] then return answer end
answer[4] = redis.call('XRANGE', root .. 'quiet', '(' .. ARGV[4], '+', 'COUNT', ARGV[5])
return answer
`;

/**
 * ARGV: prefix, the last name of the page before or '', most documents and most fields of a page (a larger document comes all the same), and
 * the id by which changes are noted, or ''.
 * → as JSON: number of the last batch, the name to go on after or '', then name and fields in turn. With an id only what was touched since,
 * with `false` for the fields of a document that was dropped; nothing where not all of it was noted.
 */
export const LOAD: string = `${DIVIDED}${NOTED}
local from = ARGV[2] ~= '' and '(' .. ARGV[2] or ARGV[1] ~= '' and '[' .. ARGV[1] or '-'
local index = root .. 'docs'
if ARGV[5] ~= '' then
  local id, state = noted()
  if id ~= ARGV[5] or state ~= 'whole' then return false end
  index = touched
end
local names = redis.call('ZRANGEBYLEX', index, from, '[' .. ARGV[1] .. '\\255', 'LIMIT', 0, ARGV[3])
local page = { redis.call('HGET', root .. 'meta', 'seq') or '0', #names == tonumber(ARGV[3]) and names[#names] or '' }
local fields = 0
for i, name in ipairs(names) do
  local hash = redis.pcall('HGETALL', root .. 'doc:' .. name)
  if hash.err then hash = {} end
  fields = fields + #hash / 2
  if index == touched and #hash == 0 and #redis.call('ZRANGEBYLEX', root .. 'docs', '[' .. name, '[' .. name) == 0 then hash = false end
  page[2 * i + 1] = name
  page[2 * i + 2] = hash
  if fields >= tonumber(ARGV[4]) and i < #names then
    page[2] = name
    break
  end
end
return cjson.encode(page)
`;

/**
 * ARGV: prefix, who asks, so many documents or fewer are loaded without a snapshot, how long one is kept, and for how long who asks may be its
 * only maker; milliseconds. → `read`, id, and its number of parts, where there is one; `make` and id for whoever is to make it, by loading
 * from now on; `wait` while another does; `whole` where none is of use.
 */
export const FIND_SNAPSHOT: string = `${DIVIDED}${NOTED}
local most = '[' .. ARGV[1] .. '\\255'
if #redis.call('ZRANGEBYLEX', root .. 'docs', '[' .. ARGV[1], most, 'LIMIT', ARGV[3], 1) == 0 then return { 'whole' } end
local id, state = noted()
if id and state ~= 'whole' then return { 'whole' } end
if not id then
  id = ARGV[2]
  local meta = redis.call('HMGET', root .. 'meta', 'seq', 'quiet')
  local batches = string.format('%.0f', tonumber(meta[1] or 0) + tonumber(meta[2] or 0))
  -- The first, since a server without memory refuses it, and no more where something was changed before.
  redis.call('HSET', root .. 'meta', 'noted', 0)
  redis.call('DEL', touched)
  redis.call('ZADD', touched, 0, '#' .. id .. '|' .. batches .. '|' .. epoch(ARGV[2]))
  redis.call('PEXPIRE', touched, ARGV[4])
end
local found = redis.call('HMGET', root .. 'snapshot-1:' .. ARGV[1], 'id', 'parts')
if found[1] == id then return { 'read', id, found[2] } end
local maker = root .. 'lock:snapshot-' .. ARGV[1]
if redis.call('EXISTS', maker) == 1 then return { 'wait' } end
redis.call('SET', maker, ARGV[2], 'PX', ARGV[5])
redis.call('DEL', root .. 'snapshot-1:' .. ARGV[1])
return { 'make', id }
`;

/**
 * ARGV: prefix, who makes the snapshot, its id, number of a part and the part, or number of parts and '' when all are kept; how long it is kept,
 * and for how long the maker is its only one; milliseconds. → 1 if it is still of use, and nobody else makes it.
 */
export const KEEP_SNAPSHOT: string = `${DIVIDED}${NOTED}
local maker = root .. 'lock:snapshot-' .. ARGV[1]
if redis.call('GET', maker) ~= ARGV[2] then return 0 end
local key = root .. 'snapshot-1:' .. ARGV[1]
local id, state = noted()
local isOver = id ~= ARGV[3] or state ~= 'whole'
if isOver then redis.call('DEL', key)
elseif ARGV[5] == '' then redis.call('HSET', key, 'id', id, 'parts', ARGV[4])
else redis.call('HSET', key, id .. ':' .. ARGV[4], ARGV[5]) end
redis.call('PEXPIRE', key, ARGV[6])
if isOver or ARGV[5] == '' then redis.call('DEL', maker)
else redis.call('SET', maker, ARGV[2], 'PX', ARGV[7]) end
return isOver and 0 or 1
`;

/** ARGV: name, holder, milliseconds. → 1 if the holder has it now. */
export const LOCK: string = `${DIVIDED}
local key = root .. 'lock:' .. ARGV[1]
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1
`;

/** ARGV: name, holder. */
export const UNLOCK: string = `${DIVIDED}
local key = root .. 'lock:' .. ARGV[1]
if redis.call('GET', key) == ARGV[2] then redis.call('DEL', key) end
return 1
`;

/** ARGV: how the namespace may be divided up to now, then how it is from now on. → how it is. */
export const MARK: string = `
local meta = KEYS[1] .. 'meta'
local shards = redis.call('HGET', meta, 'shards') or ''
for i = 1, #ARGV - 1 do
  if shards == ARGV[i] then
    redis.call('HSET', meta, 'shards', ARGV[#ARGV])
    return ARGV[#ARGV]
  end
end
return shards
`;

/** Removes the streams of a shard that is used no more. */
export const FORGET_STREAMS: string = `${DIVIDED}
redis.call('DEL', root .. 'changes', root .. 'quiet')
return 1
`;

export type ScriptArgument = string | number | Buffer;

const SCRIPTS = [HELLO, WRITE, SINCE, LOAD, FIND_SNAPSHOT, KEEP_SNAPSHOT, LOCK, UNLOCK, MARK, FORGET_STREAMS];
const hashes = new Map(SCRIPTS.map((script) => [script, createHash('sha1').update(script).digest('hex')]));

/**
 * Runs a script by its hash, and sends the whole script where the server does not have it (after a restart, or on another node).
 *
 * It names two keys: the root, which never exists, and `meta`. So a cluster refuses it (TRYAGAIN) while the slot moves from node to node,
 * when a script would find only a part of the keys on either node.
 */
export async function runScript(
  client: RedisClient,
  script: string,
  root: string,
  args: readonly ScriptArgument[],
): Promise<unknown> {
  const keys = [root, `${root}meta`];
  try {
    return await client.evalsha(hashes.get(script)!, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return client.eval(script, keys.length, ...keys, ...args);
  }
}
