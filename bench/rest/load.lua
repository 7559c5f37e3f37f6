-- For wrk: `wrk -s load.lua URL -- [BODY]` sends POST with a JSON body, or GET without one, and
-- tells at the end what came of it.
function init(args)
  if #args == 0 then return end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = args[1]
  local text = wrk.format()
  request = function() return text end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("requests %d errors %d\n", summary.requests,
                         e.connect + e.read + e.write + e.status + e.timeout))
end
