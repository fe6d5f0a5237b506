-- One page again and again. Arguments: the path, the value of a cookie, and a text that a right answer holds.
-- PAUSE in the environment: milliseconds between two pages.
require "clients"

local path, headers, marker
local pause = tonumber(os.getenv("PAUSE"))

function init(arguments)
    path, marker = arguments[1], arguments[3]
    headers = { ["Cookie"] = "linekey=" .. arguments[2] }
end

if pause then
    function delay() return pause end
end

function request()
    return wrk.format("GET", path, headers)
end

function response(status, _, body)
    judge(status == 200 and body:find(marker, 1, true) ~= nil, status)
end
