import { keptBytesBesideKey } from '../../model/changes/kubernetes/shorten-ttl.js';

/**
 * The moment at which a key expires, ms since 1970; -1: never, -2: it is gone. Servers before 7 tell only what is left,
 * from which it is reckoned: with a server that was held up in between, some milliseconds off.
 */
const expiryOf = `
local function expiry(key)
  local at = redis.pcall('PEXPIRETIME', key)
  if type(at) == 'number' then return at, 0 end
  local left = redis.call('PTTL', key)
  if left < 0 then return left, 0 end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000) + left, 1000
end
`;

/**
 * KEYS: the hash of kept expiries, then sessions. ARGV: the life in ms, the idle time in s, the hash's bytes at most,
 * the time in which it can be undone in ms. Answers: shortened now; left alone because the server does not say how
 * long they were idle; 1 where the hash is full.
 *
 * A field of the hash is a key; its value the old expiry (ms since 1970, -1: none) and the new one, so that an undo
 * can tell whether somebody has renewed the key since. Both are written in this one script: a key that is in the hash
 * was shortened, and is never shortened again by the same change.
 */
export const shortenScript = `${expiryOf}
local hash = KEYS[1]
local life, idle, most, undo = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A small hash is packed, and takes twice as much at once when it no longer is: it is counted as if it were large.
local each = #(KEYS[2] or '') + ${keptBytesBesideKey}
local used = math.max(redis.call('MEMORY', 'USAGE', hash, 'SAMPLES', 5) or 0, redis.call('HLEN', hash) * each)
local done, unknown, full = 0, 0, 0
for i = 2, #KEYS do
  local key = KEYS[i]
  if redis.call('HEXISTS', hash, key) == 0 then
    local old = expiry(key)
    if old == -1 or old > now + life then
      local rest = idle == 0 and 0 or redis.pcall('OBJECT', 'IDLETIME', key)
      if type(rest) ~= 'number' then
        unknown = unknown + 1
      elseif rest >= idle then
        used = used + each
        if used > most then
          full = 1
          break
        end
        local new = now + life
        redis.call('HSET', hash, key, string.format('%.0f %.0f', old, new))
        redis.call('PEXPIREAT', key, string.format('%.0f', new))
        done = done + 1
      end
    end
  end
end
if done > 0 then redis.call('PEXPIRE', hash, undo) end
return { done, unknown, full }
`;

/**
 * KEYS: the hash, the counts of what was given back, then sessions in the hash. ARGV: how long the counts are kept, ms.
 * Answers what was given back and what was left alone so far, by this attempt and those before it.
 */
export const undoScript = `${expiryOf}
local hash, counts = KEYS[1], KEYS[2]
local given, left = 0, 0
for i = 3, #KEYS do
  local key = KEYS[i]
  local kept = redis.call('HGET', hash, key)
  if kept then
    local old, new = string.match(kept, '^(%S+) (%S+)$')
    local at, off = expiry(key)
    if at >= 0 and math.abs(at - tonumber(new)) <= off then
      if old == '-1' then redis.call('PERSIST', key) else redis.call('PEXPIREAT', key, old) end
      given = given + 1
    else
      left = left + 1
    end
    redis.call('HDEL', hash, key)
  end
end
given = redis.call('HINCRBY', counts, 'given', given)
left = redis.call('HINCRBY', counts, 'left', left)
redis.call('PEXPIRE', counts, ARGV[1])
return { given, left }
`;
