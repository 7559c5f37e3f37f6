-- For wrk: `wrk -s load.lua URL -- DEPTH` sends DEPTH requests in one write, and tells at the end
-- what came of them.
function init(args)
  local depth = tonumber(args[1])
  if depth > 1 then
    local together = string.rep(wrk.format("GET", "/"), depth)
    request = function() return together end
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("requests %d errors %d\n", summary.requests,
                         e.connect + e.read + e.write + e.status + e.timeout))
end
