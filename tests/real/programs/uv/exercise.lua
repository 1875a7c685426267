-- SPDX-License-Identifier: MIT
-- luv under LuaJIT: timers that repeat, an idle handle, writes on a pipe, work, files, names, a signal,
-- a watched file, a second loop on a thread. Prints what came of each, in an order of its own.
local uv = require 'luv'
local counts = {}

local function count(what)
    counts[what] = (counts[what] or 0) + 1
    return counts[what]
end

local function spin(ms)
    local from = uv.hrtime()
    while uv.hrtime() - from < ms * 1e6 do end
end

local ticker = uv.new_timer()
uv.timer_start(ticker, 1, 1, function()
    if count 'tick' == 20 then spin(30) end
    if counts.tick == 40 then uv.close(ticker, function() count 'closed' end) end
end)

local idle = uv.new_idle()
uv.idle_start(idle, function()
    if count 'idle' == 100 then uv.close(idle) end
end)

local ends = uv.socketpair()
local reader, writer = uv.new_tcp(), uv.new_tcp()
uv.tcp_open(reader, ends[1])
uv.tcp_open(writer, ends[2])
local bytes = 0
uv.read_start(reader, function(_, data)
    bytes = bytes + (data and #data or 0)
    if not data then uv.close(reader) end
end)
for _ = 1, 5000 do
    uv.write(writer, 'x', function() count 'written' end)
end
uv.shutdown(writer, function() uv.close(writer) end)

local work = uv.new_work(function(n) return n + 1 end, function(n) count('work ' .. n) end)
work:queue(1) -- just one: each thread that does work keeps a loop of its own
uv.fs_open('/etc/hostname', 'r', 420, function(_, fd)
    uv.fs_read(fd, 64, 0, function(_, data)
        count(#data > 0 and 'file' or 'empty file')
        uv.fs_close(fd, function() count 'file closed' end)
    end)
end)
uv.getaddrinfo('127.0.0.1', nil, {socktype = 'stream'}, function(_, found) count('address ' .. found[1].addr) end)
uv.random(16, nil, function(_, some) count('random ' .. #some) end)

local signal = uv.new_signal()
uv.signal_start(signal, 'sigusr2', function()
    count 'signal'
    uv.close(signal)
end)
uv.kill(uv.os_getpid(), 'sigusr2')

local watched = uv.new_fs_poll()
uv.fs_poll_start(watched, '/etc/hostname', 10, function() count 'watched changed' end)
local thread = uv.new_thread(function()
    local loop = require 'luv'
    local timer = loop.new_timer()
    local left = 5
    loop.timer_start(timer, 2, 2, function()
        left = left - 1
        if left == 0 then loop.close(timer) end
    end)
    loop.run()
end)
local until_then = uv.new_timer()
uv.timer_start(until_then, 150, 0, function()
    uv.close(watched)
    uv.close(until_then)
end)
uv.run()
uv.thread_join(thread)

local lines = {'bytes ' .. bytes}
for what, times in pairs(counts) do lines[#lines + 1] = what .. ' ' .. times end
table.sort(lines)
print(table.concat(lines, '\n'))

dofile(arg[0]:match '^.*/' .. 'say_open.lua')
