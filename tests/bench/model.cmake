# SPDX-License-Identifier: MIT
bench(model loopscope_model)
