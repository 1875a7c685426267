# SPDX-License-Identifier: MIT
# The executor, as programs use it.
foreach(subject executor_task executor_cancel executor_blocking executor_memory)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/test_${subject}.c)
        unit_test(${subject} loopscope_executor)
    endif()
endforeach()
