-- SPDX-License-Identifier: MIT
-- Writes what the process has open, and its memory, to the file that OPEN_FILE names.
local uv = vim and vim.loop or require 'luv'

local out = assert(io.open(os.getenv 'OPEN_FILE', 'w'))
local request = uv.fs_scandir('/proc/self/fd')
local name = uv.fs_scandir_next(request)
while name do
    local target = uv.fs_readlink('/proc/self/fd/' .. name)
    if target then out:write('fd ', target, '\n') end
    name = uv.fs_scandir_next(request)
end
for line in io.lines('/proc/self/status') do out:write(line, '\n') end
out:close()
