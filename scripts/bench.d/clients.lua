-- What the experiments share: each wrk thread is one client, and every answer is checked.

local threads = {}

function setup(thread)
    thread:set("client", #threads)
    table.insert(threads, thread)
end

-- One line for the script that asked: answers, seconds, wrong answers, median and 99th percentile in milliseconds.
function done(summary, latency)
    local right, wrong, first = 0, 0, ""
    for _, thread in ipairs(threads) do
        right = right + thread:get("right")
        wrong = wrong + thread:get("wrong")
        if first == "" then first = thread:get("first") end
    end
    local lost = summary.errors
    wrong = wrong + lost.connect + lost.read + lost.write + lost.timeout
    local seconds = summary.duration / 1e6
    local p50, p99 = latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
    print(string.format("RESULT %d %.3f %d %.3f %.3f %s", right, seconds, wrong, p50, p99, first))
end

right, wrong, first = 0, 0, ""

-- Counts one answer; keeps what the first wrong one said.
function judge(is_right, status)
    if is_right then
        right = right + 1
    else
        wrong = wrong + 1
        if first == "" then first = "answered " .. status end
    end
end

function form(path, cookie, body)
    local headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = cookie }
    return wrk.format("POST", path, headers, body)
end
