# SPDX-License-Identifier: MIT
unit_test(preload_list)
target_sources(test_preload_list PRIVATE ${PROJECT_SOURCE_DIR}/probe/preload/preload_list.c)
unit_test(sock_diag)
target_sources(test_sock_diag PRIVATE ${PROJECT_SOURCE_DIR}/probe/preload/sock_diag_answer.c)
