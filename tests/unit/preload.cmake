# SPDX-License-Identifier: MIT
unit_test(preload_list)
target_sources(test_preload_list PRIVATE ${PROJECT_SOURCE_DIR}/probe/preload/preload_list.c)
