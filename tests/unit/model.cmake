# SPDX-License-Identifier: MIT
# The model, the detectors and the reports, fed with hand-made item streams.
add_library(test_stream STATIC stream.c judged.c crew.c bank.c)
target_link_libraries(test_stream PRIVATE loopscope_flags PkgConfig::CRITERION
    PUBLIC loopscope_report)
target_include_directories(test_stream PUBLIC ${PROJECT_SOURCE_DIR})

unit_test(histogram loopscope_model)
unit_test(model_loop test_stream)
unit_test(model_stall test_stream)
unit_test(model_pool test_stream)
unit_test(model_task test_stream)
unit_test(model_bounds test_stream)
unit_test(detect test_stream)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
unit_test(report test_stream PkgConfig::JANSSON)
target_sources(test_report PRIVATE ../golden/scenarios.c ../golden/scenarios_uv.c
    ../golden/scenarios_queues.c ../golden/scenarios_executor.c
    ../golden/scenarios_workers.c)
