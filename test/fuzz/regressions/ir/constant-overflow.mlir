module attributes {sluice.path_bound = 41 : i64, sluice.resource_bound = 1 : i64} {
  sched.program cards 1 cycles 59 stats {busy_cycles = {mem_read = 5 : i64, mem_write = 8 : i64, mxm_install = 1 : i64, mxm_multiply = 2 : i64}, cards = 1 : i64, cycles = 59 : i64, instructions = 10 : i64, link_vectors = 0 : i64, memory_bytes_per_card = {constants = 512 : i64, inputs = 64 : i64, outputs = 256 : i64, temporaries = 0 : i64}, microseconds = 0.06555555555555556 : f64, mxm_utilisation = 0.00847457627118644 : f64, path_bound = 41 : i64, ratio = 1.4390243902439024 : f64, resource_bound = 1 : i64} {
    sched.binding "x" {address = 256 : i64, card = -1 : i64, count = 2 : i64, first = 0 : i64, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x1x32xi8>, output = false, permutation = array<i64: 0, 1, 2, 3>, slices = array<i64: 0>, step = 1 : i64, user_type = i8}
    sched.memory dense<3> : tensor<1x9223372036854775807x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.binding "y" {address = 256 : i64, card = -1 : i64, count = 2 : i64, first = 0 : i64, flow = array<i64: -1, 0, 0, 0, 4, 0, 0, 1, -1, 1, 0, 2, 5, 0, 0, 1, -1, 2, 0, 562949953421313, 6, 0, 0, 1, -1, 1, 0, 2, 7, 0, 0, 1>, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x50xi32>, output = true, permutation = array<i64: 0, 1, 2>, slices = array<i64: 4, 5, 334, 7>, step = 1 : i64, user_type = i32}
    sched.issue mem.read east 0 at 1 read {address = 256, step = 1} count 2 every 1 flow [-1, 64, 0, 2, -2, 0, 0, 1]
    sched.issue mem.read east 1 at 0 read {stream = 1, direction = 1} count 1 every 1 flow [-1, 64, 0, 1, -1, 1, 0, 0]
    sched.issue mem.read east 2 at 0 read {stream = 2} count 1 every 1 flow [-1, 64, 0, 1, -1, 2, 0, 0]
    sched.issue mem.write east 4 at 57 write {address = 256, step = 1, direction = 1} count 2 every 1 flow [-1, 0, 0, 2, 9, 0, 0, 1]
    sched.issue mem.write east 6 at 57 write {address = 256, step = 1, stream = 2, direction = 1} count 2 every 1 flow [-1, 0, 0, 2, 9, 2, 0, 2]
    sched.issue mxm.install east 0 at 13 install {width = 3} count 1 every 1 flow [0, 0, 0, 1, 0, 0, 0, 0, -1, 1, 0, 1, 2, 0, 0, 0, -1, 2, 0, 1, 3, 0, 0, 0]
    sched.issue mxm.multiply east 0 at 14 multiply.i8 {swap = 1, emit = 1, lanes = 32} count 2 every 1 flow [-1, 0, 0, 2, 1, 1, 0, 1, -1, 96, 0, 1, 8, 0, 0, 0]
  }
}


