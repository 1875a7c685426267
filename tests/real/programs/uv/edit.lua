-- SPDX-License-Identifier: MIT
-- What neovim's own libuv is asked for while it edits: five kinds of callback, then a line that says so.
local uv = vim.loop
local done = {}

local timer = uv.new_timer()
timer:start(5, 5, function()
    done.timer = true
    timer:close()
end)
local async
async = uv.new_async(function()
    done.async = true
    async:close()
end)
async:send()
uv.fs_stat('edit.txt', function(_, stat) done.stat = stat ~= nil end)
uv.new_work(function(n) return n * 2 end, function(n) done.work = n == 42 end):queue(21)
local child
child = uv.spawn('/bin/true', {}, function(status)
    done.child = status == 0
    child:close()
end)
vim.wait(5000, function() return vim.tbl_count(done) == 5 end, 5)

local count = 0
for _, is_right in pairs(done) do
    count = count + (is_right and 1 or 0)
end
print('done=' .. count .. '\n')
