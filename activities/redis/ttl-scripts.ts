/**
 * KEYS: the hash of kept expiries, then sessions. ARGV: the life in ms, the idle time in s, the hash's bytes at most,
 * the time in which it can be undone in ms. Answers: shortened now, shortened before, 1 where the hash is full.
 *
 * A field of the hash is a key; its value the old expiry (ms since 1970, -1: none) and the new one, so that an undo
 * can tell whether somebody has renewed the key since.
 */
export const shortenScript = `
local hash = KEYS[1]
local life, idle, most, undo = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local used = redis.call('MEMORY', 'USAGE', hash, 'SAMPLES', 1) or 0
local done, before = 0, 0
for i = 2, #KEYS do
  local key = KEYS[i]
  if redis.call('HEXISTS', hash, key) == 1 then
    before = before + 1
  else
    local left = redis.call('PTTL', key)
    if left == -1 or left > life then
      local rest = redis.pcall('OBJECT', 'IDLETIME', key)
      if type(rest) == 'number' and rest >= idle then
        used = used + #key + 80
        if used > most then return { done, before, 1 } end
        local old = left == -1 and -1 or now + left
        local new = now + life
        redis.call('HSET', hash, key, string.format('%.0f %.0f', old, new))
        redis.call('PEXPIREAT', key, string.format('%.0f', new))
        done = done + 1
      end
    end
  end
end
if done > 0 then redis.call('PEXPIRE', hash, undo) end
return { done, before, 0 }
`;

/** KEYS: the hash, then sessions in it. Answers: given back, left alone. */
export const undoScript = `
local hash = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local given, left = 0, 0
for i = 2, #KEYS do
  local key = KEYS[i]
  local kept = redis.call('HGET', hash, key)
  if kept then
    local old, new = string.match(kept, '^(%S+) (%S+)$')
    local ttl = redis.call('PTTL', key)
    if ttl >= 0 and math.abs(now + ttl - tonumber(new)) <= 50 then
      if old == '-1' then redis.call('PERSIST', key) else redis.call('PEXPIREAT', key, old) end
      given = given + 1
    else
      left = left + 1
    end
    redis.call('HDEL', hash, key)
  end
end
return { given, left }
`;
