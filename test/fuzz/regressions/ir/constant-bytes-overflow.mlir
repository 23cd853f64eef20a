module attributes {sluice.path_bound = 343 : i64, sluice.resource_bound = 48 : i64} {
  sched.program cards 2 cycles 411 stats {busy_cycles = {c2c = 8 : i64, mem_read = 142 : i64, mem_write = 16 : i64, mxm_install = 8 : i64, mxm_multiply = 8 : i64, vxm = 4 : i64}, cards = 2 : i64, cycles = 411 : i64, instructions = 96 : i64, link_vectors = 4 : i64, memory_bytes_per_card = {constants = 4096 : i64, inputs = 128 : i64, outputs = 256 : i64, temporaries = 256 : i64}, microseconds = 0.45666666666666667 : f64, mxm_utilisation = 0.004866180048661801 : f64, path_bound = 343 : i64, ratio = 1.1982507288629738 : f64, resource_bound = 48 : i64} {
    sched.binding "x" {address = 0 : i64, card = -1 : i64, count = 2 : i64, first = 0 : i64, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x1x64xi8>, output = false, permutation = array<i64: 0, 1, 2, 3>, slices = array<i64: 16>, step = 1 : i64, user_type = i8}
    sched.binding "x" {address = 256 : i64, card = -1 : i64, count = 2 : i64, first = 2 : i64, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x1x64xi8>, output = false, permutation = array<i64: 0, 1, 2, 3>, slices = array<i64: 16>, step = 1 : i64, user_type = i8}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 9 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 7 : i64, stripe = 7 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<1> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 7 : i64, stripe = 7 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x2305843009213693951x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 7 : i64, stripe = 7 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.binding "y" {address = 0 : i64, card = 0 : i64, count = 2 : i64, first = 0 : i64, flow = array<i64: -1, 0, 0, 2, 72, 0, 0, 1, -1, 1, 0, 2, 73, 0, 0, 1, -1, 2, 0, 2, 74, 0, 0, 1, -1, 3, 0, 2, 75, 0, 0, 1>, hemisphere = 1 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x64xi32>, output = true, permutation = array<i64: 0, 1, 2>, slices = array<i64: 20, 21, 22, 23>, step = 1 : i64, user_type = i32}
    sched.binding "y" {address = 0 : i64, card = 1 : i64, count = 2 : i64, first = 2 : i64, flow = array<i64: -1, 0, 2, 2, 72, 0, 0, 1, -1, 1, 2, 2, 73, 0, 0, 1, -1, 2, 2, 2, 74, 0, 0, 1, -1, 3, 2, 2, 75, 0, 0, 1>, hemisphere = 1 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x64xi32>, output = true, permutation = array<i64: 0, 1, 2>, slices = array<i64: 20, 21, 22, 23>, step = 1 : i64, user_type = i32}
    sched.issue mem.read east 0 at 0 read {step = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 0, 0, 1]
    sched.issue mem.read east 0 at 3 read {address = 256, step = 1, stream = 16} count 2 every 1 flow [-1, 64, 0, 2, -1, 16, 0, 1]
    sched.issue mem.read east 1 at 0 read {step = 1, stream = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 1, 0, 1]
    sched.issue mem.read east 1 at 3 read {address = 256, step = 1, stream = 17} count 2 every 1 flow [-1, 9, 0, 2, -1, 17, 0, 1]
    sched.issue mem.read east 2 at 0 read {step = 1, stream = 2} count 2 every 1 flow [-1, 64, 0, 2, -1, 2, 0, 1]
    sched.issue mem.read east 2 at 3 read {address = 256, step = 1, stream = 18} count 2 every 1 flow [-1, 64, 0, 2, -1, 18, 0, 1]
    sched.issue mem.read east 3 at 0 read {step = 1, stream = 3} count 2 every 1 flow [-1, 64, 0, 2, -1, 3, 0, 1]
    sched.issue mem.read east 3 at 3 read {address = 256, step = 1, stream = 19} count 2 every 1 flow [-1, 64, 0, 2, -1, 19, 0, 1]
    sched.issue mem.read east 4 at 1 read {step = 1, stream = 4} count 2 every 1 flow [-1, 64, 0, 2, -1, 4, 0, 1]
    sched.issue mem.read east 4 at 4 read {address = 256, step = 1, stream = 20} count 2 every 1 flow [-1, 64, 0, 2, -1, 20, 0, 1]
    sched.issue mem.read east 5 at 1 read {step = 1, stream = 5} count 2 every 1 flow [-1, 64, 0, 2, -1, 5, 0, 1]
    sched.issue mem.read east 5 at 4 read {address = 256, step = 1, stream = 21} count 2 every 1 flow [-1, 64, 0, 2, -1, 21, 0, 1]
    sched.issue mem.read east 6 at 1 read {step = 1, stream = 6} count 2 every 1 flow [-1, 64, 0, 2, -1, 6, 0, 1]
    sched.issue mem.read east 6 at 4 read {address = 256, step = 1, stream = 22} count 2 every 1 flow [-1, 64, 0, 2, -1, 22, 0, 1]
    sched.issue mem.read east 7 at 1 read {step = 1, stream = 7} count 2 every 1 flow [-1, 64, 0, 2, -1, 7, 0, 1]
    sched.issue mem.read east 7 at 4 read {address = 256, step = 1, stream = 23} count 2 every 1 flow [-1, 64, 0, 2, -1, 23, 0, 1]
    sched.issue mem.read east 8 at 2 read {step = 1, stream = 8} count 2 every 1 flow [-1, 64, 0, 2, -1, 8, 0, 1]
    sched.issue mem.read east 8 at 5 read {address = 256, step = 1, stream = 24} count 2 every 1 flow [-1, 64, 0, 2, -1, 24, 0, 1]
    sched.issue mem.read east 9 at 2 read {step = 1, stream = 9} count 2 every 1 flow [-1, 64, 0, 2, -1, 9, 0, 1]
    sched.issue mem.read east 9 at 5 read {address = 256, step = 1, stream = 25} count 2 every 1 flow [-1, 64, 0, 2, -1, 25, 0, 1]
    sched.issue mem.read east 10 at 2 read {step = 1, stream = 10} count 2 every 1 flow [-1, 64, 0, 2, -1, 10, 0, 1]
    sched.issue mem.read east 10 at 5 read {address = 256, step = 1, stream = 26} count 2 every 1 flow [-1, 64, 0, 2, -1, 26, 0, 1]
    sched.issue mem.read east 11 at 2 read {step = 1, stream = 11} count 2 every 1 flow [-1, 64, 0, 2, -1, 11, 0, 1]
    sched.issue mem.read east 11 at 5 read {address = 256, step = 1, stream = 27} count 2 every 1 flow [-1, 64, 0, 2, -1, 27, 0, 1]
    sched.issue mem.read east 12 at 3 read {step = 1, stream = 12} count 2 every 1 flow [-1, 64, 0, 2, -1, 12, 0, 1]
    sched.issue mem.read east 12 at 6 read {address = 256, step = 1, stream = 28} count 2 every 1 flow [-1, 64, 0, 2, -1, 28, 0, 1]
    sched.issue mem.read east 13 at 3 read {step = 1, stream = 13} count 2 every 1 flow [-1, 64, 0, 2, -1, 13, 0, 1]
    sched.issue mem.read east 13 at 6 read {address = 256, step = 1, stream = 29} count 2 every 1 flow [-1, 64, 0, 2, -1, 29, 0, 1]
    sched.issue mem.read east 14 at 3 read {step = 1, stream = 14} count 2 every 1 flow [-1, 64, 0, 2, -1, 14, 0, 1]
    sched.issue mem.read east 14 at 6 read {address = 256, step = 1, stream = 30} count 2 every 1 flow [-1, 64, 0, 2, -1, 30, 0, 1]
    sched.issue mem.read east 15 at 3 read {step = 1, stream = 15} count 2 every 1 flow [-1, 64, 0, 2, -1, 15, 0, 1]
    sched.issue mem.read east 15 at 6 read {address = 256, step = 1, stream = 31} count 2 every 1 flow [-1, 64, 0, 2, -1, 31, 0, 1]
    sched.issue mem.read east 16 at 6 read {step = 1} count 2 every 1 flow [-1, 64, 0, 2, -2, 0, 0, 1]
    sched.issue mem.read east 16 at 9 read {address = 256, step = 1} count 2 every 1 flow [-1, 64, 0, 2, -2, 0, 2, 1]
    sched.issue mem.read east 17 at 78 read count 2 every 1 flow [-1, 64, 0, 2, 71, 0, 0, 0]
    sched.issue mem.read east 17 at 102 read {address = 1} count 2 every 1 flow [-1, 64, 0, 2, 71, 0, 1, 0]
    sched.issue mem.read east 17 at 104 read {step = 1, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, 71, 0, 0, 1]
    sched.issue mem.read west 0 at 0 read {step = 1, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 32, 0, 1]
    sched.issue mem.read west 0 at 355 read {address = 256, step = 1, stream = 16, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 48, 0, 1]
    sched.issue mem.read west 1 at 0 read {step = 1, stream = 1, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 33, 0, 1]
    sched.issue mem.read west 1 at 355 read {address = 256, step = 1, stream = 17, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 49, 0, 1]
    sched.issue mem.read west 2 at 0 read {step = 1, stream = 2, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 34, 0, 1]
    sched.issue mem.read west 2 at 355 read {address = 256, step = 1, stream = 18, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 50, 0, 1]
    sched.issue mem.read west 3 at 0 read {step = 1, stream = 3, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 35, 0, 1]
    sched.issue mem.read west 3 at 355 read {address = 256, step = 1, stream = 19, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 51, 0, 1]
    sched.issue mem.read west 4 at 1 read {step = 1, stream = 4, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 36, 0, 1]
    sched.issue mem.read west 4 at 356 read {address = 256, step = 1, stream = 20, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 52, 0, 1]
    sched.issue mem.read west 5 at 1 read {step = 1, stream = 5, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 37, 0, 1]
    sched.issue mem.read west 5 at 356 read {address = 256, step = 1, stream = 21, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 53, 0, 1]
    sched.issue mem.read west 6 at 1 read {step = 1, stream = 6, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 38, 0, 1]
    sched.issue mem.read west 6 at 356 read {address = 256, step = 1, stream = 22, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 54, 0, 1]
    sched.issue mem.read west 7 at 1 read {step = 1, stream = 7, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 39, 0, 1]
    sched.issue mem.read west 7 at 356 read {address = 256, step = 1, stream = 23, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 55, 0, 1]
    sched.issue mem.read west 8 at 2 read {step = 1, stream = 8, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 40, 0, 1]
    sched.issue mem.read west 8 at 357 read {address = 256, step = 1, stream = 24, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 56, 0, 1]
    sched.issue mem.read west 9 at 2 read {step = 1, stream = 9, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 41, 0, 1]
    sched.issue mem.read west 9 at 357 read {address = 256, step = 1, stream = 25, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 57, 0, 1]
    sched.issue mem.read west 10 at 2 read {step = 1, stream = 10, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 42, 0, 1]
    sched.issue mem.read west 10 at 357 read {address = 256, step = 1, stream = 26, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 58, 0, 1]
    sched.issue mem.read west 11 at 2 read {step = 1, stream = 11, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 43, 0, 1]
    sched.issue mem.read west 11 at 357 read {address = 256, step = 1, stream = 27, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 59, 0, 1]
    sched.issue mem.read west 12 at 3 read {step = 1, stream = 12, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 44, 0, 1]
    sched.issue mem.read west 12 at 358 read {address = 256, step = 2, stream = 28, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 60, 0, 1]
    sched.issue mem.read west 13 at 3 read {step = 1, stream = 13, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 45, 0, 1]
    sched.issue mem.read west 13 at 358 read {address = 256, step = 1, stream = 29, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 61, 0, 1]
    sched.issue mem.read west 14 at 3 read {step = 1, stream = 14, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 46, 0, 1]
    sched.issue mem.read west 14 at 358 read {address = 256, step = 1, stream = 30, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -2, 62, 0, 1]
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.issue mem.read west 15 at 3 read {step = 1, stream = 15, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 47, 0, 1]
    sched.issue mem.read west 15 at 358 read {address = 256, step = 1, stream = 31, direction = 1} count 2 every 1 flow [-1, 64, 0, 2, -1, 63, 0, 1]
    sched.issue mem.read west 36 at 363 read {step = 1, direction = 1} count 2 every 1 flow [0, 64, 0, 1, 76, 0, 0, 0, 0, 64, 1, 1, 77, 0, 0, 0, 1, 64, 0, 1, 78, 0, 0, 0, 1, 64, 1, 1, 80, 0, 0, 0]
    sched.issue mem.read west 36 at 366 read {address = 2, step = 1, direction = 1} count 2 every 1 flow [0, 64, 0, 1, 79, 0, 0, 0, 0, 64, 1, 1, 81, 0, 0, 3, 1, 64, 0, 1, 76, 0, 0, 0, 1, 64, 1, 1, 77, 0, 0, 0]
    sched.issue mem.write east 17 at 76 write {step = 1} count 2 every 1 flow [-1, 0, 0, 2, 82, 0, 0, 1]
    sched.issue mem.write west 20 at 409 write {step = 1} count 2 every 1 flow [-1, 0, 0, 2, 95, 0, 0, 1]
    sched.issue mem.write west 21 at 409 write {step = 1, stream = 1} count 2 every 1 flow [-1, 0, 0, 2, 95, 1, 0, 1]
    sched.issue mem.write west 22 at 409 write {step = 1, stream = 2} count 2 every 1 flow [-1, 0, 0, 2, 95, 2, 0, 1]
    sched.issue mem.write west 23 at 409 write {step = 1, stream = 3} count 2 every 1 flow [-1, 0, 0, 2, 95, 3, 0, 1]
    sched.issue mem.write west 36 at 128 write {direction = 1} count 1 every 1 addresses [0, 2] flow [-1, 0, 0, 1, 83, 5, 0, 0]
    sched.issue mem.write west 36 at 129 write {address = 1, direction = 1} count 1 every 1 addresses [1, 3] flow [-1, 0, 0, 1, 83, 4, 1, 0]
    sched.issue mem.write west 36 at 337 write {direction = 1} count 1 every 1 on [1] addresses [0, 0] flow [-1, 0, 0, 1, 87, 0, 0, 0]
    sched.issue mem.write west 36 at 338 write {direction = 1} count 1 every 1 on [0] addresses [2, 0] flow [-1, 0, 0, 1, 85, 0, 0, 0]
    sched.issue mem.write west 36 at 361 write {address = 1, direction = 1} count 1 every 1 on [1] addresses [1, 1] flow [-1, 0, 0, 1, 87, 0, 1, 0]
    sched.issue mem.write west 36 at 362 write {address = 1, direction = 1} count 1 every 1 on [0] addresses [3, 1] flow [-1, 0, 0, 1, 85, 0, 1, 0]
    sched.issue vxm east 0 at 68 move {aKind = 1, aLocation = 32, east = 1, west = 1, outType = 2} count 2 every 1 flow [-1, 0, 0, 2, 93, 0, 0, 1, -1, 1, 0, 2, 93, 1, 0, 1, -1, 2, 0, 2, 93, 2, 0, 1, -1, 3, 0, 2, 93, 3, 0, 1]
    sched.issue vxm east 0 at 115 move {aKind = 1, aLocation = 32, aType = 3, west = 1, outType = 2} count 2 every 1 flow [-1, 0, 0, 2, 36, 0, 0, 1]
    sched.issue link east 0 at 86 send count 2 every 24 on [0] flow [-1, 0, 0, 1, 34, 0, 0, 0, -1, 0, 1, 1, 35, 0, 0, 0]
    sched.issue link east 1 at 315 receive {direction = 1} count 2 every 24 on [0] flow [-1, 104, 0, 2, 86, 0, 0, 1]
    sched.issue link east 12 at 87 send {link = 6} count 2 every 24 on [1] flow [-1, 0, 0, 1, 34, 0, 1, 0, -1, 0, 1, 1, 35, 0, 1, 0]
    sched.issue link east 13 at 314 receive {link = 6, direction = 1} count 2 every 24 on [1] flow [-1, 104, 0, 2, 84, 0, 0, 1]
    sched.issue mxm.install east 0 at 13 install {width = 16} count 2 every 1 flow [-1, 0, 0, 2, 0, 0, 0, 1, -1, 1, 0, 2, 2, 0, 0, 1, -1, 2, 0, 2, 4, 0, 0, 1, -1, 3, 0, 2, 6, 0, 0, 1, -1, 4, 0, 2, 8, 0, 0, 1, -1, 5, 0, 2, 10, 0, 0, 1, -1, 6, 0, 2, 12, 0, 0, 1, -1, 7, 0, 2, 14, 0, 0, 1, -1, 8, 0, 2, 16, 0, 0, 1, -1, 9, 0, 2, 18, 0, 0, 1, -1, 10, 0, 2, 20, 0, 0, 1, -1, 11, 0, 2, 22, 0, 0, 1, -1, 12, 0, 2, 24, 0, 2, 1, -1, 0, 0, 2, 26, 0, 0, 1, -1, 14, 0, 2, 28, 0, 0, 1, -1, 15, 0, 2, 30, 0, 0, 1]
    sched.issue mxm.install east 0 at 16 install {stream = 16, width = 16} count 2 every 1 flow [-1, 0, 0, 2, 1, 0, 0, 1, -1, 1, 0, 2, 3, 0, 0, 1, -1, 2, 0, 2, 5, 0, 0, 1, -1, 3, 0, 2, 7, 0, 0, 1, -1, 4, 0, 2, 9, 0, 0, 1, -1, 5, 0, 2, 11, 0, 0, 1, -1, 6, 0, 2, 13, 0, 0, 1, -1, 7, 0, 2, 15, 0, 0, 1, -1, 8, 0, 2, 17, 0, 0, 1, -1, 9, 0, 2, 19, 0, 0, 1, -1, 10, 0, 2, 21, 0, 0, 1, -1, 11, 0, 2, 23, 0, 0, 1, -1, 12, 0, 2, 25, 0, 0, 0, -1, 13, 0, 2, 27, 0, 0, 1, -1, 14, 0, 2, 29, 0, 0, 1, -1, 15, 0, 2, 31, 0, 0, 1]
    sched.issue mxm.install west 0 at 13 install {width = 16} count 2 every 1 flow [-1, 0, 0, 2, 37, 0, 0, 1, -1, 1, 0, 2, 39, 0, 0, 1, -1, 2, 0, 2, 41, 0, 0, 1, -1, 3, 0, 2, 43, 0, 0, 1, -1, 4, 0, 2, 45, 0, 0, 1, -1, 5, 0, 2, 47, 0, 0, 1, -1, 6, 0, 2, 49, 0, 0, 1, -1, 7, 0, 2, 51, 0, 0, 1, -1, 8, 0, 2, 53, 0, 0, 1, -1, 9, 0, 2, 55, 0, 0, 1, -1, 10, 0, 2, 57, 0, 0, 1, -1, 11, 0, 2, 59, 0, 0, 1, -1, 12, 0, 2, 61, 0, 0, 1, -1, 13, 0, 2, 63, 0, 0, 1, -1, 14, 0, 2, 65, 0, 0, 1, -1, 15, 0, 2, 67, 0, 0, 1]
    sched.issue mxm.install west 0 at 368 install {stream = 16, width = 16} count 2 every 1 flow [-1, 0, 0, 2, 38, 0, 0, 1, -1, 1, 0, 2, 40, 0, 0, 1, -1, 2, 0, 2, 42, 0, 0, 1, -1, 3, 0, 2, 44, 0, 0, 1, -1, 4, 0, 2, 46, 0, 0, 1, -1, 5, 0, 2, 48, 0, 0, 1, -1, 6, 0, 2, 50, 0, 0, 1, -1, 7, 0, 2, 52, 0, 0, 1, -1, 8, 0, 2, 54, 0, 0, 1, -1, 9, 0, 2, 56, 0, 0, 1, -1, 10, 0, 2, 58, 0, 0, 1, -1, 11, 0, 2, 60, 0, 0, 1, -1, 12, 0, 2, 62, 0, 0, 1, -1, 13, 0, 2, 64, 0, 0, 1, -1, 14, 0, 2, 66, 0, 0, 1, -1, 15, 0, 2, 68, 0, 0, 1]
    sched.issue mxm.multiply east 0 at 15 multiply.i8 {swap = 1, lanes = 32} count 2 every 1 flow [-1, 0, 0, 2, 32, 0, 0, 1, -1, 96, 0, 2, 88, 0, 0, 1]
    sched.issue mxm.multiply east 0 at 18 multiply.i8 {swap = 1, accumulate = 1, lanes = 32} count 2 every 1 flow [-1, 0, 0, 2, 33, 0, 0, 1, -1, 96, 0, 2, 89, 0, 0, 1, -1, 97, 0, 2, 92, 0, 0, 1]
    sched.issue mxm.multiply west 0 at 367 multiply.i8 {swap = 1, lanes = 32} count 2 every 1 flow [-1, 0, 0, 2, 69, 0, 0, 1, -1, 96, 0, 2, 90, 0, 0, 1]
    sched.issue mxm.multiply west 0 at 370 multiply.i8 {swap = 1, accumulate = 1, emit = 1, lanes = 32} count 2 every 1 flow [-1, 0, 0, 2, 70, 0, 0, 1, -1, 96, 0, 2, 91, 0, 0, 1, -1, 97, 0, 2, 94, 0, 0, 1]
  }
}

