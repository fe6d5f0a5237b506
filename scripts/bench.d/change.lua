-- Clients that change their password without pause. Arguments: the value of each client's cookie.
require "clients"

local cookie
local asked = 0

function init(arguments)
    cookie = "linekey=" .. arguments[client + 1]
end

function request()
    asked = asked + 1
    local password = string.format("Tidewater-%d-Kestrel-%d", client, asked)
    local body = string.format("new_password=%s&confirm_password=%s&sign_out_others=on", password, password)
    return form("/account/password", cookie, body)
end

function response(status, headers)
    -- The last cookie of the answer: the session goes on under a new token.
    local renewed = (headers["set-cookie"] or ""):match("^(linekey=[%w_-]+)")
    judge(status == 303 and headers["location"] == "/account/password/done" and renewed ~= nil, status)
    cookie = renewed or cookie
end
