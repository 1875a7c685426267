# SPDX-License-Identifier: MIT
# What tasks of the executor agree through.
foreach(subject sync mutex rwlock notify barrier once)
    unit_test(${subject} loopscope_executor)
endforeach()
