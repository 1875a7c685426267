# SPDX-License-Identifier: MIT
# What channels cost.
bench(executor_channels loopscope_executor)
