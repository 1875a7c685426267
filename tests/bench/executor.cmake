# SPDX-License-Identifier: MIT
# What the executor costs.
bench(executor loopscope_executor)
bench(executor_net loopscope_executor)
