# SPDX-License-Identifier: MIT
# What the executor's tasks await from outside: sockets, files, other processes.
foreach(subject executor_net executor_fs executor_process executor_handles)
    unit_test(${subject} loopscope_executor)
endforeach()
