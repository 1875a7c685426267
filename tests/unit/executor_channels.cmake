# SPDX-License-Identifier: MIT
# How tasks of the executor hand things to each other.
foreach(subject mpsc oneshot broadcast watch)
    unit_test(${subject} loopscope_executor)
endforeach()
