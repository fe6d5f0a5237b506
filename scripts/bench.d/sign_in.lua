-- Clients of two threads that sign in without pause, each as somebody else. Arguments: the first user, and how many there are.
require "clients"

local from, users
local asked = 0

function init(arguments)
    from, users = tonumber(arguments[1]), tonumber(arguments[2])
end

function request()
    local user = from + (2 * asked + client) % users
    asked = asked + 1
    local body = string.format("username=u%06d%%40load.example&password=Harbour-Light-0", user)
    return form("/sign-in", nil, body)
end

function response(status, headers)
    local cookie = headers["set-cookie"] or ""
    judge(status == 303 and headers["location"] == "/" and cookie:find("^linekey[%w_-]*=[%w_.-]+") ~= nil, status)
end
