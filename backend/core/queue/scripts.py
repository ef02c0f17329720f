"""The steps that Redis must take at once, as Lua; all but TAKE touch one stream and its group."""

# Deliver what waits in the first stream that is not empty. One call, because a worker asks after every task.
# KEYS streams, the most urgent first · ARGV group, consumer, count -> {stream, id, fields}…
TAKE = """
for _, stream in ipairs(KEYS) do
  local found = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', stream, '>')
  if found then
    local taken = {}
    for i, entry in ipairs(found[1][2]) do taken[i] = {stream, entry[1], entry[2]} end
    return taken
  end
end
return {}
"""

# Renew what is still ours. A plain XCLAIM would steal back what another worker took over while we stalled.
# KEYS stream · ARGV group, consumer, ids… -> the ids that are no longer ours
RENEW = """
local lost = {}
for i = 3, #ARGV do
  local held = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if #held == 1 then redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  else lost[#lost + 1] = ARGV[i] end
end
return lost
"""

# Take over what nobody renewed. XAUTOCLAIM would do, but it hides the number of deliveries and counts one more
# for the tasks that we hold ourselves.
# KEYS stream · ARGV group, consumer, idle ms, count, ids to leave alone… -> {id, deliveries, fields}…
RECLAIM = """
local mine, taken = {}, {}
for i = 5, #ARGV do mine[ARGV[i]] = true end
local late = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], '-', '+', ARGV[4])
for _, held in ipairs(late) do
  if not mine[held[1]] then
    local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], held[1])
    if #entry == 1 and entry[1] then taken[#taken + 1] = {held[1], held[4] + 1, entry[1][2]}
    else redis.call('XACK', KEYS[1], ARGV[1], held[1]) end
  end
end
return taken
"""

# Give back what was delivered to us and not started: at once free for others, and not counted as a delivery.
# KEYS stream · ARGV group, consumer, one id, or '-' for all that the consumer holds
RELEASE = """
local from, to = ARGV[3], ARGV[3]
if from == '-' then to = '+' end
for _, held in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], from, to, 10000, ARGV[2])) do
  local before = math.max(held[4] - 1, 0)
  redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, held[1], 'IDLE', 86400000, 'RETRYCOUNT', before, 'JUSTID')
end
"""

# Done: acknowledge, delete (else the stream grows for ever), and answer, in one step.
# KEYS stream, result key · ARGV group, id, answer ('' for none), channel, seconds to keep
FINISH = """
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if ARGV[3] ~= '' then
  redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[5])
  redis.call('PUBLISH', ARGV[4], ARGV[3])
end
"""

# Give up: move to the dead letters, the newest ten thousand of which are kept.
# KEYS stream, dead stream · ARGV group, id, field, value, …
BURY = """
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*', unpack(ARGV, 3))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
"""

# Forget consumers of dead processes; one that still holds something stays, since its tasks would be lost with it.
# KEYS stream · ARGV group, idle ms, a consumer to forget at once
TIDY = """
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local it = {}
  for i = 1, #consumer, 2 do it[consumer[i]] = consumer[i + 1] end
  if it.pending == 0 and (it.name == ARGV[3] or it.idle > tonumber(ARGV[2])) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], it.name)
  end
end
"""
